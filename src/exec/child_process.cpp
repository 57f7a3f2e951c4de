#include "exec/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "core/captured_text.hpp"
#include "core/file_descriptor.hpp"
#include "exec/spawn.hpp"
#include "exec/standard_files.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// How long the pipes of a child that has ended are read on, if a process that it left behind holds them
/// open.
constexpr std::chrono::milliseconds pipe_grace{200};

/// The longest time that the clock can count, about 30 years.
constexpr std::chrono::duration<double> longest_time{1e9};

/// The kernel's default capacity of a pipe: more cannot come in one read.
constexpr std::size_t read_bytes = 64 << 10;

/// How often it is looked whether a child has ended that cannot be watched by a descriptor.
constexpr std::chrono::milliseconds look_interval{10};

/// A child that ends within this time wakes its watcher once, by its end, and not by what it writes: a pipe
/// holds all that most short programs say. Longer ones are read from as they write.
constexpr int brief_ms = 2;

Clock::time_point after(std::chrono::duration<double> time) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::min(time, longest_time));
}

/// A child from its start to its end. Used by one thread.
class Child {
 public:
  Child(const ChildProgram& program, ChildGroups& groups)
      : groups_(groups), grace_(program.grace), output_(program.output_limit), errors_(program.errors_limit) {
    OpenFiles files = open_standard_files(program);
    Spawned spawned = spawn(program, files.numbers());
    pid_ = spawned.pid;
    end_ = std::move(spawned.end);
    groups_.add(pid_);
    output_pipe_ = std::move(files.output.reading);
    errors_pipe_ = std::move(files.errors.reading);
    if (program.timeout) next_step_ = after(*program.timeout);
  }

  ~Child() {
    if (pid_ < 0) return;
    kill(-pid_, SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ChildEnd watch() {
    wait_for_brief_end();
    while (!ended_ || (pipes_open() && Clock::now() < next_step_)) {
      wait_for_event();
      if (!ended_ && Clock::now() >= next_step_) hurry();
    }
    ChildEnd end = reap();
    end.timed_out = timed_out_;
    end.left_out = output_.left_out();
    end.output = output_.take();
    end.errors = errors_.take();
    return end;
  }

 private:
  bool pipes_open() const { return output_pipe_.is_open() || errors_pipe_.is_open(); }

  void wait_for_brief_end() {
    if (!end_.is_open()) return;
    pollfd watched = {end_.get(), POLLIN, 0};
    const int longest = std::min(brief_ms, longest_wait_ms());
    if (poll(&watched, 1, longest) > 0) on_end();
  }

  void wait_for_event() {
    // poll ignores negative descriptors: those that are closed.
    std::array<pollfd, 3> watched = {
        {{output_pipe_.get(), POLLIN, 0}, {errors_pipe_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    const int ready = poll(watched.data(), watched.size(), longest_wait_ms());
    if (ready > 0) read_from(output_pipe_, watched[0].revents, output_);
    if (ready > 0) read_from(errors_pipe_, watched[1].revents, errors_);
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

  static void read_from(FileDescriptor& pipe, short events, CapturedEnds& captured) {
    if (events == 0) return;
    if ((events & POLLIN) == 0) return pipe.close();  // nobody can write any more, and nothing is left
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
    next_step_ = timed_out_ ? Clock::time_point::max() : after(grace_);
    timed_out_ = true;
  }

  ChildEnd reap() {
    groups_.remove(pid_);
    int status = 0;
    rusage usage = {};
    while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    ChildEnd end;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    return end;
  }

  ChildGroups& groups_;
  const std::chrono::duration<double> grace_;
  pid_t pid_ = -1;
  FileDescriptor end_;  // readable when the child has ended; then closed
  FileDescriptor output_pipe_;
  FileDescriptor errors_pipe_;
  CapturedEnds output_;
  CapturedEnds errors_;
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

bool ChildGroups::killing() const {
  const MutexLock lock(mutex_);
  return killing_;
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
