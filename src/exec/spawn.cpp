// vfork, not fork: the child borrows the parent's memory until it executes the program, so that the cost of a
// start does not grow with the parent. Not posix_spawn, which does the same: it cannot set the CPUs of the
// child.
#include "exec/spawn.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "exec/child_process.hpp"

namespace fanfold {
namespace {

/// What the shell uses without a PATH.
constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

/// All that the child needs, made by the parent before: the child may allocate nothing and take no lock.
struct Start {
  const char* path;
  char* const* arguments;
  char* const* environment;
  const char* folder;
  StandardFiles files;
  const cpu_set_t* cpus;  // or null

  // What the child could not do, for it to tell the parent through the memory that they share.
  volatile int error = 0;
  volatile bool in_folder = false;
};

/// Handlers are the parent's code, which a child must not run in the parent's memory; what is ignored would
/// stay ignored in the program.
void reset_signals() {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
}

/// Executed by the child with all signals blocked; returns if the program cannot be executed, with errno set.
void become_program(Start& start) {
  setpgid(0, 0);
  reset_signals();
  if (chdir(start.folder) != 0) return;
  start.in_folder = true;
  if (dup2(start.files.input, 0) < 0 || dup2(start.files.output, 1) < 0 || dup2(start.files.errors, 2) < 0)
    return;
  // Not everybody opens files with O_CLOEXEC: MPI libraries, say, or whoever started us. (Ours are; before
  // Linux 5.9, which has no such call, those of the others stay open.)
  close_range(3, UINT_MAX, 0);
  if (start.cpus != nullptr) sched_setaffinity(0, sizeof *start.cpus, start.cpus);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(start.path, start.arguments, start.environment);
}

/// A function of its own, whose frame has nothing that the child could spoil for the parent.
[[gnu::noinline]] pid_t vfork_and_execute(Start& start) {
  const pid_t pid = vfork();
  if (pid == 0) {
    become_program(start);
    start.error = errno;
    _exit(127);
  }
  return pid;
}

std::string_view path_variable(const std::vector<std::string>& environment) {
  for (const std::string_view variable : environment) {
    if (variable.substr(0, 5) == "PATH=") return variable.substr(5);
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
  for (std::string_view rest = path_variable(program.environment);;) {
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

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts)
    pointers.push_back(const_cast<char*>(text.c_str()));  // exec does not write
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void throw_not_started(const ChildProgram& program, int error) {
  throw SpawnError(fmt::format("cannot start '{}': {}", program.arguments.front(),
                               std::generic_category().message(error)));
}

/// Throws what a child could not do that ended before it executed its program.
void check_started(const ChildProgram& program, const Start& start, pid_t pid) {
  if (start.error == 0) return;
  waitpid(pid, nullptr, 0);
  if (start.in_folder) throw_not_started(program, start.error);
  throw SpawnError(fmt::format("cannot change to the folder '{}': {}", program.folder,
                               std::generic_category().message(start.error)));
}

}  // namespace

pid_t spawn(const ChildProgram& program, StandardFiles files) {
  for (const std::string& argument : program.arguments) {
    if (argument.find('\0') == std::string::npos) continue;
    throw SpawnError(
        fmt::format("cannot start '{}': an argument has a zero byte in it", program.arguments.front()));
  }
  int error = 0;
  const std::string path = find_program(program, error);
  if (error != 0) throw_not_started(program, error);
  const std::vector<char*> arguments = pointers_to(program.arguments);
  const std::vector<char*> environment = pointers_to(program.environment);
  Start start = {path.c_str(),
                 arguments.data(),
                 environment.data(),
                 program.folder.c_str(),
                 files,
                 program.cpus ? &*program.cpus : nullptr};
  // Blocked until the child has reset the handlers: it must not run one of them in our memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = vfork_and_execute(start);
  error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw_not_started(program, error);
  check_started(program, start, pid);
  return pid;
}

}  // namespace fanfold
