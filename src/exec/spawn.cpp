// clone with CLONE_VM and CLONE_VFORK shares the parent's memory with the child until it executes the
// program: its cost does not grow with the size of the parent, as that of fork does. posix_spawn does the
// same, but it can set neither limits nor CPUs, maps a stack for every child, and does not say which step
// failed.
#include "exec/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "exec/child_process.hpp"

// The child works in the parent's memory on a stack of its own, which sanitizers know nothing of.
#define FANFOLD_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

// glibc's clone by its other name: ThreadSanitizer takes a call of `clone` for a fork, and gives up when the
// memory turns out to be shared.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace fanfold {
namespace {

/// What the shell uses without a PATH.
constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

/// The child calls a dozen system calls, none of which needs much.
constexpr std::size_t stack_bytes = 64 << 10;

/// What the child is to do, prepared by its parent: it may neither allocate nor lock.
struct Start {
  enum class Step { folder, limits, program };

  const char* path;
  char** arguments;
  char** environment;
  const char* folder;
  const int* signals;  // to reset
  std::size_t signal_count;
  StandardFiles files;
  const cpu_set_t* cpus;
  rlim_t memory;  // RLIM_INFINITY: as it is
  int nice;
  pid_t parent;              // when it is no more, the child is killed; 0: the child lives on
  Step step = Step::folder;  // the one that failed …
  int error = 0;             // … with this
};

// System calls without their wrappers where sanitizers put in their own, which note in the parent's memory
// what happens to the child: that a descriptor is closed, say.

FANFOLD_IN_CHILD void place_file(int file, int number) { syscall(SYS_dup3, file, number, 0); }
FANFOLD_IN_CHILD void reset_mask() {
  const std::uint64_t none = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}
[[noreturn]] FANFOLD_IN_CHILD void give_up() {
  for (;;) syscall(SYS_exit_group, 127);
}

/// Signals that are handled or ignored here have no meaning for the child.
FANFOLD_IN_CHILD void reset_signals(const int* signals, std::size_t count) {
  // struct kernel_sigaction of Linux: handler, flags, restorer, mask. All zero is SIG_DFL.
  const std::uint64_t standard[4] = {};
  for (std::size_t i = 0; i < count; ++i)
    syscall(SYS_rt_sigaction, signals[i], standard, nullptr, sizeof(std::uint64_t));
}

FANFOLD_IN_CHILD bool set_limits(const Start& start) {
  // Data, not address space: programs reserve address space that they never use.
  if (start.memory != RLIM_INFINITY) {
    const rlimit limit{start.memory, start.memory};
    if (setrlimit(RLIMIT_DATA, &limit) != 0) return false;
  }
  errno = 0;
  if (start.nice != 0 && nice(start.nice) == -1 && errno != 0) return false;
  if (start.cpus != nullptr) sched_setaffinity(0, sizeof *start.cpus, start.cpus);  // advice
  return true;
}

/// Returns if a step fails.
FANFOLD_IN_CHILD void execute(Start& start) {
  setpgid(0, 0);
  reset_signals(start.signals, start.signal_count);
  if (chdir(start.folder) != 0) return;
  place_file(start.files.input, 0);
  place_file(start.files.output, 1);
  place_file(start.files.errors, 2);
  unsigned next = 3;
  for (const int file : start.files.more) place_file(file, static_cast<int>(next++));
  // Not everybody opens files with O_CLOEXEC: MPI libraries, say, or whoever started us.
  close_range(next, ~0U, 0);
  start.step = Start::Step::limits;
  if (!set_limits(start)) return;
  if (start.parent != 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != start.parent) give_up();  // it was too late for that
  }
  start.step = Start::Step::program;
  reset_mask();
  execve(start.path, start.arguments, start.environment);
}

FANFOLD_IN_CHILD int child_main(void* argument) {
  Start& start = *static_cast<Start*>(argument);
  execute(start);
  start.error = errno;
  give_up();
}

/// While it lives, no signal reaches the calling thread: a handler must not run in the child, in our memory.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

/// Returns when the child has executed the program, or has failed to.
Spawned start_child(Start& start) {
  thread_local const std::unique_ptr<std::byte[]> stack(new std::byte[stack_bytes]);
  const auto top = reinterpret_cast<std::uintptr_t>(stack.get() + stack_bytes) & ~std::uintptr_t{63};
  int end = -1;
  pid_t pid = -1;
  {
    const BlockedSignals blocked;
    pid = __clone(child_main, reinterpret_cast<void*>(top), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                  &start, &end);
    // No descriptor is free: it can be watched without.
    if (pid < 0 && (errno == EMFILE || errno == ENFILE))
      pid = __clone(child_main, reinterpret_cast<void*>(top), CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
  }
  if (pid < 0) {
    start.step = Start::Step::program;
    start.error = errno;
  }
  return {pid, FileDescriptor(end)};
}

std::string_view path_variable(const ChildProgram& program) {
  for (const std::span<const std::string> variables :
       {std::span<const std::string>(program.environment), program.more_environment}) {
    for (const std::string_view variable : variables) {
      if (variable.starts_with("PATH=")) return variable.substr(5);
    }
  }
  return default_path;
}

/// The file that a name stands for, as execvp finds it, but by the child's PATH and from the child's folder.
/// Sets `error` if there is none.
std::string find_program(const ChildProgram& program, int& error) {
  const std::string& name = program.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  error = ENOENT;
  if (name.empty()) return {};
  for (std::string_view rest = path_variable(program);;) {
    const std::size_t colon = rest.find(':');
    std::string candidate(rest.substr(0, colon));
    if (candidate.empty() || candidate.front() != '/') candidate = program.folder + "/" + candidate;
    candidate += "/" + name;
    struct stat status = {};
    if (stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (access(candidate.c_str(), X_OK) == 0) {
        error = 0;
        return candidate;
      }
      error = EACCES;
    }
    if (colon == std::string_view::npos) return {};
    rest.remove_prefix(colon + 1);
  }
}

std::vector<char*> pointers_to(std::span<const std::string> texts, std::span<const std::string> more = {}) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + more.size() + 1);
  for (const std::span<const std::string> each : {texts, more}) {
    for (const std::string& text : each)
      pointers.push_back(const_cast<char*>(text.c_str()));  // exec does not write
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// Why nobody can change to a folder, or 0.
int error_of_folder(const std::string& folder) {
  struct stat status = {};
  if (stat(folder.c_str(), &status) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return access(folder.c_str(), X_OK) != 0 ? errno : 0;
}

/// Why a file cannot be executed, or 0. A relative path is one from the child's folder.
int error_of_program(const ChildProgram& program, const std::string& path) {
  const std::string whole = path.starts_with('/') ? path : program.folder + "/" + path;
  struct stat status = {};
  if (stat(whole.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return access(whole.c_str(), X_OK) != 0 ? errno : 0;
}

std::string spawn_error(const ChildProgram& program, Start::Step step, int error) {
  const std::string why = std::generic_category().message(error);
  switch (step) {
    case Start::Step::folder:
      return fmt::format("cannot change to the folder '{}': {}", program.folder, why);
    case Start::Step::limits:
      return fmt::format("cannot start '{}' with {}: {}", program.arguments.front(),
                         program.nice < 0 ? fmt::format("nice {}", program.nice) : "its limits", why);
    case Start::Step::program:
      break;
  }
  return fmt::format("cannot start '{}': {}", program.arguments.front(), why);
}

/// The error of a program that is not found: the folder is what is missing, if it is.
std::string lookup_error(const ChildProgram& program, int error) {
  const int folder_error = error_of_folder(program.folder);
  return folder_error != 0 ? spawn_error(program, Start::Step::folder, folder_error)
                           : spawn_error(program, Start::Step::program, error);
}

}  // namespace

Spawned spawn(const ChildProgram& program, const StandardFiles& files) {
  for (const std::string& argument : program.arguments) {
    if (argument.find('\0') == std::string::npos) continue;
    throw SpawnError(
        fmt::format("cannot start '{}': an argument has a zero byte in it", program.arguments.front()));
  }
  int error = 0;
  const std::string path = find_program(program, error);
  if (error != 0) throw SpawnError(lookup_error(program, error));
  std::vector<char*> arguments = pointers_to(program.arguments);
  std::vector<char*> environment = pointers_to(program.environment, program.more_environment);
  const std::vector<int> asked = program.signals == nullptr ? signals_to_reset() : std::vector<int>();
  const std::vector<int>& signals = program.signals == nullptr ? asked : *program.signals;
  Start start{};
  start.path = path.c_str();
  start.arguments = arguments.data();
  start.environment = environment.data();
  start.folder = program.folder.c_str();
  start.signals = signals.data();
  start.signal_count = signals.size();
  start.files = files;
  start.cpus = program.cpus ? &*program.cpus : nullptr;
  start.memory = program.memory_limit ? static_cast<rlim_t>(*program.memory_limit) : RLIM_INFINITY;
  start.nice = program.nice;
  start.parent = program.dies_with_us ? getpid() : 0;
  Spawned spawned = start_child(start);
  if (start.error == 0) return spawned;
  if (spawned.pid > 0) {
    while (waitpid(spawned.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  throw SpawnError(spawn_error(program, start.step, start.error));
}

std::vector<int> signals_to_reset() {
  std::vector<int> signals;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_DFL) signals.push_back(signal);
  }
  return signals;
}

std::string obstacle_to_spawn(const ChildProgram& program) {
  int error = 0;
  const std::string path = find_program(program, error);
  if (error == 0) error = error_of_program(program, path);
  if (error != 0) return lookup_error(program, error);
  const int folder_error = error_of_folder(program.folder);
  return folder_error == 0 ? "" : spawn_error(program, Start::Step::folder, folder_error);
}

}  // namespace fanfold
