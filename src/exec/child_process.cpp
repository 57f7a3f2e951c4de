#include "exec/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "exec/captured_text.hpp"
#include "exec/file_descriptor.hpp"
#include "exec/spawn.hpp"

// Before 2.37, glibc declares pidfd_open without saying that it is C.
extern "C" {
#include <sys/pidfd.h>
}

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// From SIGTERM to SIGKILL, as job schedulers have it.
constexpr std::chrono::seconds term_to_kill{2};

/// How long the pipes of a child that has ended are read on, if a process that it left behind holds them
/// open.
constexpr std::chrono::milliseconds pipe_grace{200};

/// The longest timeout that the clock can count, about 30 years.
constexpr std::chrono::duration<double> longest_timeout{1e9};

/// The kernel's default capacity of a pipe: more cannot come in one read.
constexpr std::size_t read_bytes = 64 << 10;

/// How often it is looked whether a child has ended that cannot be watched by a descriptor.
constexpr std::chrono::milliseconds look_interval{10};

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

std::system_error last_error() { return {errno, std::generic_category()}; }

/// Takes what a system call returned. 0, 1 and 2 (free if our own caller closed them) are what the child's
/// files are moved onto, so none of them may stand there before.
FileDescriptor above_standard_files(int number) {
  FileDescriptor file(number);
  if (number > 2) return file;
  if (number >= 0) file = FileDescriptor(fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (!file.is_open()) throw last_error();
  return file;
}

Pipe open_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) throw last_error();
  Pipe pipe;
  pipe.reading = above_standard_files(ends[0]);
  pipe.writing = above_standard_files(ends[1]);
  return pipe;
}

/// A file in memory: it neither blocks the writer nor kills it with SIGPIPE when the child does not read.
FileDescriptor open_input(const std::optional<std::string>& text) {
  if (!text) return above_standard_files(open("/dev/null", O_RDONLY | O_CLOEXEC));
  FileDescriptor file = above_standard_files(memfd_create("stdin", MFD_CLOEXEC));
  for (std::size_t written = 0; written < text->size();) {
    const ssize_t count =
        pwrite(file.get(), text->data() + written, text->size() - written, static_cast<off_t>(written));
    if (count < 0 && errno != EINTR) throw last_error();
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  return file;
}

/// A child from its start to its end. Used by one thread.
class Child {
 public:
  Child(const ChildProgram& program, ChildGroups& groups)
      : groups_(groups), output_(program.output_limit), errors_(program.errors_limit) {
    Pipe output = open_pipe();
    Pipe errors = open_pipe();
    const FileDescriptor input = open_input(program.input);
    pid_ = spawn(program, {input.get(), output.writing.get(), errors.writing.get()});
    groups_.add(pid_);
    end_ = FileDescriptor(pidfd_open(pid_, 0));  // fails before Linux 5.3, or if no descriptor is free
    output_pipe_ = std::move(output.reading);
    errors_pipe_ = std::move(errors.reading);
    if (program.timeout) {
      next_step_ = Clock::now() +
                   std::chrono::duration_cast<Clock::duration>(std::min(*program.timeout, longest_timeout));
    }
  }

  ~Child() {
    if (pid_ < 0) return;
    kill(-pid_, SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ChildEnd watch() {
    while (!ended_ || (pipes_open() && Clock::now() < next_step_)) {
      wait_for_event();
      if (!ended_ && Clock::now() >= next_step_) hurry();
    }
    const int status = reap();
    ChildEnd end;
    end.timed_out = timed_out_;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.left_out = output_.left_out();
    end.output = output_.take();
    end.errors = errors_.take();
    return end;
  }

 private:
  bool pipes_open() const { return output_pipe_.is_open() || errors_pipe_.is_open(); }

  void wait_for_event() {
    // poll ignores negative descriptors: those that are closed.
    std::array<pollfd, 3> watched = {
        {{output_pipe_.get(), POLLIN, 0}, {errors_pipe_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), longest_wait_ms());
    if (ready > 0 && watched[0].revents != 0) read_from(output_pipe_, output_);
    if (ready > 0 && watched[1].revents != 0) read_from(errors_pipe_, errors_);
    if (!ended_ && (end_.is_open() ? ready > 0 && watched[2].revents != 0 : has_ended())) on_end();
  }

  int longest_wait_ms() const {
    std::chrono::milliseconds wait{60'000};
    if (!ended_ && !end_.is_open()) wait = look_interval;
    if (next_step_ != Clock::time_point::max()) {
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(next_step_ - Clock::now()));
    }
    return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
  }

  bool has_ended() const {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
  }

  template <typename Captured>
  static void read_from(FileDescriptor& pipe, Captured& captured) {
    char bytes[read_bytes];
    const ssize_t count = read(pipe.get(), bytes, sizeof bytes);
    if (count > 0) {
      captured.add({bytes, static_cast<std::size_t>(count)});
    } else if (count == 0 || errno != EINTR) {
      pipe.close();
    }
  }

  void on_end() {
    end_.close();
    ended_ = true;
    if (timed_out_) kill(-pid_, SIGKILL);  // not reaped yet: the group's number is still its own
    next_step_ = Clock::now() + pipe_grace;
  }

  /// The time is over: ends the group, politely first.
  void hurry() {
    kill(-pid_, timed_out_ ? SIGKILL : SIGTERM);
    next_step_ = timed_out_ ? Clock::time_point::max() : Clock::now() + term_to_kill;
    timed_out_ = true;
  }

  int reap() {
    groups_.remove(pid_);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  ChildGroups& groups_;
  pid_t pid_ = -1;
  FileDescriptor end_;  // readable when the child has ended; then closed
  FileDescriptor output_pipe_;
  FileDescriptor errors_pipe_;
  CapturedHead output_;
  CapturedTail errors_;
  // While it runs: when to signal it. Afterwards: when to give the pipes up.
  Clock::time_point next_step_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool ended_ = false;
};

}  // namespace

ChildEnd run_child(const ChildProgram& program, ChildGroups& groups) {
  std::optional<Child> child;
  try {
    child.emplace(program, groups);
  } catch (const SpawnError& error) {
    ChildEnd end;
    end.not_started = error.what();
    return end;
  } catch (const std::system_error& error) {
    ChildEnd end;
    end.not_started = fmt::format("cannot start '{}': {}", program.arguments.front(), error.code().message());
    return end;
  }
  return child->watch();
}

void ChildGroups::kill_all() {
  const MutexLock lock(mutex_);
  killing_ = true;
  for (const pid_t group : groups_) kill(-group, SIGKILL);
}

void ChildGroups::add(pid_t group) {
  const MutexLock lock(mutex_);
  groups_.insert(group);
  if (killing_) kill(-group, SIGKILL);
}

void ChildGroups::remove(pid_t group) {
  const MutexLock lock(mutex_);
  groups_.erase(group);
}

std::string name_of_signal(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

}  // namespace fanfold
