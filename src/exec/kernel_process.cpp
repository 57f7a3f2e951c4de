#include "exec/kernel_process.hpp"

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
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "core/simd_target.hpp"
#include "exec/child_environment.hpp"
#include "exec/child_process.hpp"
#include "exec/pipe.hpp"
#include "exec/spawn.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// What is shown of what a kernel's process writes to standard error from one look to the next: the last so
/// many bytes.
constexpr off_t errors_limit = 64 << 10;

/// Not after each batch: to look takes a system call.
constexpr std::chrono::milliseconds errors_interval{10};

/// For a process that has closed its pipe to end by itself.
constexpr int grace_milliseconds = 2000;

/// A library may compute when it is loaded, and may come over a slow network; some never come to an end.
constexpr std::chrono::seconds longest_start{60};
constexpr int look_milliseconds = 50;

/// Children get descriptors from 3 on; ours are above, so that none is overwritten before it is passed on.
constexpr int lowest_descriptor = 64;

FileDescriptor memory_file(const char* name) {
  FileDescriptor file =
      lifted(FileDescriptor(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)), lowest_descriptor);
  // The kernel's process cannot take memory away that we have mapped.
  fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK);
  return file;
}

std::vector<std::string> environment_of_kernel() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!marks_a_rank(text.substr(0, text.find('='))) && !text.starts_with("FANFOLD_SIMD=")) {
      variables.emplace_back(text);
    }
  }
  variables.push_back("FANFOLD_SIMD=" + simd_target());
  return variables;
}

void write_to_standard_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// The last line that is not blank.
std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.pop_back();
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

}  // namespace

KernelProcess::KernelProcess(const IsolatedKernelSpec& spec, const std::atomic<bool>& interrupted)
    : memory_(memory_file("fanfold-batch")),
      notes_(memory_file("fanfold-notes")),
      errors_(lifted(FileDescriptor(memfd_create("fanfold-errors", MFD_CLOEXEC)), lowest_descriptor)) {
  fcntl(errors_.get(), F_SETFL, O_APPEND);
  memory_.reserve(1);
  notes_.reserve(1);
  Pipe go = open_pipe(lowest_descriptor);
  Pipe done = open_pipe(lowest_descriptor);
  ChildProgram program;
  const std::string library = spec.library.empty() && spec.library_bytes >= 0 ? "-" : spec.library;
  program.arguments = {"/proc/self/exe",
                       isolated_kernel_command,
                       std::to_string(getpid()),
                       spec.info->name,
                       library,
                       spec.memory ? std::to_string(*spec.memory) : ""};
  program.environment = environment_of_kernel();
  program.folder = std::filesystem::current_path().string();
  StandardFiles files{go.reading.get(), errors_.get(), errors_.get(), {}};
  files.more = {memory_.file(), notes_.file(), done.writing.get()};
  if (spec.library_bytes >= 0) files.more.push_back(spec.library_bytes);
  Spawned spawned = spawn(program, files);
  process_ = std::move(spawned.end);
  {
    const MutexLock lock(pid_mutex_);
    pid_ = spawned.pid;
  }
  go_ = std::move(go.writing);
  done_ = std::move(done.reading);
  fcntl(done_.get(), F_SETFL, O_NONBLOCK);
  done.writing.close();
  wait_for_start(interrupted);
}

KernelProcess::~KernelProcess() {
  reap();
  write_to_standard_error(take_errors());
}

std::string KernelProcess::run(std::optional<std::chrono::duration<double>> timeout) {
  const char byte = 0;
  if (write(go_.get(), &byte, 1) != 1) return death();
  std::uint64_t ended = 0;
  while (!wait_for_word(timeout ? static_cast<int>(std::min(timeout->count() * 1000 + 1, 2e9)) : -1)) {
    // The time is that of a task; of calls with several, only that something ends within it is known.
    const std::uint64_t now = header().ended;
    if (now == ended) {
      reap();
      return fmt::format("timed out after {:g} s", timeout->count());
    }
    ended = now;
  }
  return take_word() ? std::string() : death();
}

void KernelProcess::pass_errors_on() {
  const Clock::time_point now = Clock::now();
  if (now - errors_passed_on_ < errors_interval) return;
  errors_passed_on_ = now;
  write_to_standard_error(take_errors());
}

/// What it wrote since the last call.
std::string KernelProcess::take_errors() {
  struct stat status = {};
  if (fstat(errors_.get(), &status) != 0 || status.st_size == 0) return {};
  const off_t from = std::max<off_t>(0, status.st_size - errors_limit);
  std::string text(static_cast<std::size_t>(status.st_size - from), '\0');
  const ssize_t size = pread(errors_.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  // It writes at the end, wherever that is: what it writes meanwhile is lost, or comes with the next.
  if (ftruncate(errors_.get(), 0) != 0) return {};
  return text;
}

void KernelProcess::kill() const {
  const MutexLock lock(pid_mutex_);
  kill_locked();
}

void KernelProcess::wait_for_start(const std::atomic<bool>& interrupted) {
  const Clock::time_point end = Clock::now() + longest_start;
  while (!wait_for_word(look_milliseconds)) {
    if (interrupted || Clock::now() >= end) {
      reap();
      throw std::runtime_error(interrupted
                                   ? "the run was stopped"
                                   : fmt::format("it did not start within {} s", longest_start.count()));
    }
  }
  if (!take_word()) throw std::runtime_error(death());
}

/// True: it has said something, or is dead. Its pipe alone would not tell: what the kernel started may hold
/// it open. False: the time is over.
bool KernelProcess::wait_for_word(int milliseconds) const {
  std::array<pollfd, 2> waiting = {{{done_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}}};
  int ready = -1;
  do {
    ready = poll(waiting.data(), waiting.size(), milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

/// False: it said nothing, so it is dead.
bool KernelProcess::take_word() const {
  char byte = 0;
  return read(done_.get(), &byte, 1) == 1;
}

/// Ends what is left of it. Returns how it ended.
int KernelProcess::reap() {
  const MutexLock lock(pid_mutex_);
  if (pid_ < 0) return 0;
  kill_locked();
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

/// Its number is its own until it is reaped.
void KernelProcess::kill_locked() const {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

/// It has died or closed its pipe.
std::string KernelProcess::death() {
  // It may still be on its way: the pipe closes before the process can be waited for. Or it has closed the
  // pipe by mistake, and lives.
  pollfd ending{process_.get(), POLLIN, 0};
  poll(&ending, 1, grace_milliseconds);
  const int status = reap();
  std::string reason =
      WIFSIGNALED(status)
          ? fmt::format("killed by signal {} ({})", WTERMSIG(status), name_of_signal(WTERMSIG(status)))
          : fmt::format("the kernel ended its process, with exit code {}", WEXITSTATUS(status));
  const std::string written = take_errors();
  const std::string line = last_line(written);
  write_to_standard_error(std::string_view(written).substr(0, written.rfind(line)));
  return line.empty() ? reason : reason + ": " + line;
}

}  // namespace fanfold
