#include "exec/worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "exec/pipe.hpp"
#include "exec/spawn.hpp"

namespace fanfold {
namespace {

/// From the end of its input to SIGTERM, and from there to SIGKILL.
constexpr std::chrono::seconds end_grace{2};

/// How long the end of a process that closed its output is waited for.
constexpr std::chrono::milliseconds close_to_end{200};

/// How often it is looked whether a process has ended that cannot be watched by a descriptor.
constexpr std::chrono::milliseconds worker_look{10};

/// What one exchange reads at most, so that a process that writes without end does not keep us here.
constexpr std::size_t most_bytes_per_exchange = 4 << 20;
constexpr std::size_t answer_read_bytes = 64 << 10;

/// Bytes of standard error that are kept.
constexpr std::size_t worker_errors_limit = 64 << 10;

void never_wait_on(const FileDescriptor& file) {
  fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) | O_NONBLOCK);
}

timespec timespec_of(std::chrono::nanoseconds time) {
  time = std::max(time, std::chrono::nanoseconds::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((time - seconds).count())};
}

}  // namespace

WorkerProcess::WorkerProcess(const ChildProgram& program, ChildGroups& groups) : groups_(groups) {
  Pipe input = open_pipe();
  Pipe output = open_pipe();
  Pipe errors = open_pipe();
  Spawned spawned = spawn(program, {input.reading.get(), output.writing.get(), errors.writing.get()});
  pid_ = spawned.pid;
  end_ = std::move(spawned.end);
  groups_.add(pid_);
  input_ = std::move(input.writing);
  output_ = std::move(output.reading);
  error_pipe_ = std::move(errors.reading);
  for (const FileDescriptor* file : {&input_, &output_, &error_pipe_}) never_wait_on(*file);
}

WorkerProcess::~WorkerProcess() { reap(); }

void WorkerProcess::send(std::string_view text) {
  if (written_ > 0 && written_ == to_write_.size()) {
    sent_before_ += written_;
    to_write_.clear();
    written_ = 0;
  }
  to_write_ += text;
}

std::uint64_t WorkerProcess::bytes_taken() const {
  int unread = unread_at_close_;
  if (input_.is_open() && ioctl(input_.get(), FIONREAD, &unread) != 0) unread = 0;
  return sent_before_ + written_ - static_cast<std::uint64_t>(unread);
}

void WorkerProcess::exchange(std::chrono::nanoseconds longest, std::chrono::nanoseconds pause) {
  read_.erase(0, taken_);
  searched_ -= taken_;
  taken_ = 0;
  write_some();
  if (pause.count() > 0) watch_end(pause);
  if (!is_over()) wait_for_events(longest);
  write_some();
  read_output();
  read_errors();
}

/// Waits on one descriptor, which costs the process nothing when it writes.
void WorkerProcess::watch_end(std::chrono::nanoseconds longest) {
  std::array<pollfd, 1> watched = {{{end_.get(), POLLIN, 0}}};
  const timespec time = timespec_of(longest);
  ppoll(watched.data(), watched.size(), &time, nullptr);
}

void WorkerProcess::wait_for_events(std::chrono::nanoseconds longest) {
  // poll ignores negative descriptors: those that are closed.
  std::array<pollfd, 4> watched = {
      {{end_.get(), POLLIN, 0},
       {output_.get(), POLLIN, 0},
       {error_pipe_.get(), POLLIN, 0},
       {unwritten() > 0 ? input_.get() : -1, POLLOUT, 0}}};  // −1 if it is closed
  if (!end_.is_open()) longest = std::min<std::chrono::nanoseconds>(longest, worker_look);
  const timespec time = timespec_of(longest);
  ppoll(watched.data(), watched.size(), &time, nullptr);
  if (end_.is_open() ? watched[0].revents != 0 : has_ended()) ended_ = true;
}

bool WorkerProcess::has_ended() const {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

void WorkerProcess::write_some() {
  while (input_.is_open() && unwritten() > 0) {
    const ssize_t count = write(input_.get(), to_write_.data() + written_, unwritten());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return close_input();  // nobody reads it any more; what was read may be answered still
    written_ += static_cast<std::size_t>(count);
  }
}

void WorkerProcess::close_input() {
  if (input_.is_open()) ioctl(input_.get(), FIONREAD, &unread_at_close_);
  input_.close();
}

void WorkerProcess::read_output() {
  char bytes[answer_read_bytes];
  for (std::size_t all = 0; output_.is_open() && all < most_bytes_per_exchange;) {
    const ssize_t count = read(output_.get(), bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return output_.close();
    read_.append(bytes, static_cast<std::size_t>(count));
    all += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < sizeof bytes) return;
  }
}

void WorkerProcess::read_errors() {
  char bytes[answer_read_bytes];
  for (std::size_t all = 0; error_pipe_.is_open() && all < most_bytes_per_exchange;) {
    const ssize_t count = read(error_pipe_.get(), bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return error_pipe_.close();
    errors_.append(bytes, static_cast<std::size_t>(count));
    if (errors_.size() > 2 * worker_errors_limit) errors_.erase(0, errors_.size() - worker_errors_limit);
    all += static_cast<std::size_t>(count);
  }
}

std::optional<std::string_view> WorkerProcess::next_line() {
  const std::size_t end = read_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = read_.size();
    return std::nullopt;
  }
  std::string_view line(read_.data() + taken_, end - taken_);
  taken_ = searched_ = end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool WorkerProcess::has_more_output() const {
  int in_pipe = 0;
  if (output_.is_open() && ioctl(output_.get(), FIONREAD, &in_pipe) != 0) in_pipe = 0;
  return begun_line() > 0 || in_pipe > 0;
}

std::string WorkerProcess::why_over() {
  const bool has_exited = ended_ || ends_within(close_to_end);
  if (!has_exited) return "it closed its standard output";
  reap();
  if (signal_ != 0) return fmt::format("it was killed by signal {} ({})", signal_, name_of_signal(signal_));
  return fmt::format("it ended with exit code {}", exit_code_);
}

std::string WorkerProcess::take_errors() {
  read_errors();
  if (errors_.size() > worker_errors_limit) errors_.erase(0, errors_.size() - worker_errors_limit);
  return std::exchange(errors_, {});
}

void WorkerProcess::end() {
  close_input();
  if (!ended_ && !ends_within(end_grace)) terminate();
  reap();
}

void WorkerProcess::terminate() {
  if (pid_ > 0 && !ended_) kill(-pid_, SIGTERM);
  if (!ended_) ends_within(end_grace);
  reap();
}

/// Reads what it writes meanwhile, so that it does not wait for us.
bool WorkerProcess::ends_within(std::chrono::nanoseconds time) {
  const Clock::time_point end = Clock::now() + time;
  while (!ended_ && Clock::now() < end) {
    wait_for_events(end - Clock::now());
    read_output();
    read_errors();
    taken_ = searched_ = std::min(taken_, read_.size());
    if (read_.size() > most_bytes_per_exchange) read_.resize(taken_);  // nobody asks for it any more
  }
  return ended_;
}

void WorkerProcess::reap() {
  if (pid_ < 0) return;
  kill(-pid_, SIGKILL);  // not reaped yet: the group's number is still its own
  groups_.remove(pid_);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  ended_ = true;
  end_.close();
  if (WIFEXITED(status)) exit_code_ = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) signal_ = WTERMSIG(status);
}

}  // namespace fanfold
