// posix_spawn shares the parent's memory with the child until it executes the program: its cost does not grow
// with the size of the parent, as that of fork does.
#include "exec/spawn.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

/// Attributes that are the same for all children.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// What the child does before it executes the program.
class SpawnActions {
 public:
  SpawnActions(const std::string& folder, StandardFiles files) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    posix_spawn_file_actions_adddup2(&actions_, files.input, 0);
    posix_spawn_file_actions_adddup2(&actions_, files.output, 1);
    posix_spawn_file_actions_adddup2(&actions_, files.errors, 2);
    // Not everybody opens files with O_CLOEXEC: MPI libraries, say, or whoever started us.
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Lets the calling thread run on other CPUs for a while: its children inherit them, for posix_spawn cannot
/// set them.
class BorrowedCpus {
 public:
  explicit BorrowedCpus(const std::optional<cpu_set_t>& cpus) {
    changed_ = cpus && sched_getaffinity(0, sizeof own_, &own_) == 0 &&
               sched_setaffinity(0, sizeof *cpus, &*cpus) == 0;
  }
  ~BorrowedCpus() {
    if (changed_) sched_setaffinity(0, sizeof own_, &own_);
  }
  BorrowedCpus(const BorrowedCpus&) = delete;
  BorrowedCpus& operator=(const BorrowedCpus&) = delete;

 private:
  cpu_set_t own_;
  bool changed_ = false;
};

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

/// posix_spawn does not say which step failed: a folder that is not there looks like a program that is not
/// there.
std::string spawn_error(const ChildProgram& program, int error) {
  if (const int folder_error = error_of_folder(program.folder)) {
    return fmt::format("cannot change to the folder '{}': {}", program.folder,
                       std::generic_category().message(folder_error));
  }
  return fmt::format("cannot start '{}': {}", program.arguments.front(),
                     std::generic_category().message(error));
}

}  // namespace

pid_t spawn(const ChildProgram& program, StandardFiles files) {
  static const SpawnAttributes attributes;
  for (const std::string& argument : program.arguments) {
    if (argument.find('\0') == std::string::npos) continue;
    throw SpawnError(
        fmt::format("cannot start '{}': an argument has a zero byte in it", program.arguments.front()));
  }
  int error = 0;
  const std::string path = find_program(program, error);
  if (error != 0) throw SpawnError(spawn_error(program, error));
  const SpawnActions actions(program.folder, files);
  const BorrowedCpus cpus(program.cpus);
  pid_t pid = -1;
  error = posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(),
                      pointers_to(program.arguments).data(), pointers_to(program.environment).data());
  if (error != 0) throw SpawnError(spawn_error(program, error));
  return pid;
}

std::string obstacle_to_spawn(const ChildProgram& program) {
  int error = 0;
  const std::string path = find_program(program, error);
  if (error == 0) error = error_of_program(program, path);
  return error == 0 && error_of_folder(program.folder) == 0 ? "" : spawn_error(program, error);
}

}  // namespace fanfold
