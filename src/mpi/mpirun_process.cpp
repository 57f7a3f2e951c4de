#include "mpi/mpirun_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/error.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

constexpr int exec_failed = 127;
/// A killed process is gone within milliseconds, unless the kernel holds it on a dead disk.
constexpr std::chrono::seconds gone_limit{5};

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw UsageError(fmt::format("cannot start mpirun: {}", std::strerror(errno)));
  Pipe pipe;
  pipe.reading = FileDescriptor(ends[0]);
  pipe.writing = FileDescriptor(ends[1]);
  return pipe;
}

/// In the child: async-signal-safe calls only. Returns if exec fails.
void become_mpirun(char* const* arguments, pid_t launcher, int messages) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != launcher) return;  // it died before it could be watched
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_DFL);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(messages, STDOUT_FILENO);
  dup2(messages, STDERR_FILENO);
  execvp(arguments[0], arguments);
}

/// The ids of the children of a process, all its threads'.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const fs::directory_entry& thread :
       fs::directory_iterator(fmt::format("/proc/{}/task", pid), ignored)) {
    std::ifstream file(thread.path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> all = children_of(pid);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<pid_t> more = children_of(all[i]);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

fs::path program_of(pid_t pid) {
  std::error_code ignored;
  return fs::read_symlink(fmt::format("/proc/{}/exe", pid), ignored);
}

}  // namespace

Mpirun start_mpirun(const MpirunStart& start) {
  std::vector<std::string> words = start.words;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  for (const auto& [name, value] : start.environment) setenv(name.c_str(), value.c_str(), /*overwrite=*/1);

  Pipe messages = open_pipe();
  Pipe failure = open_pipe();  // closed by a successful exec
  const pid_t launcher = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw UsageError(fmt::format("cannot start mpirun: {}", std::strerror(errno)));
  if (pid == 0) {
    become_mpirun(arguments.data(), launcher, messages.writing.get());
    const int reason = errno;
    [[maybe_unused]] const ssize_t told = write(failure.writing.get(), &reason, sizeof reason);
    _exit(exec_failed);
  }
  failure.writing.close();
  int reason = 0;
  if (read(failure.reading.get(), &reason, sizeof reason) > 0) {
    waitpid(pid, nullptr, 0);
    throw UsageError(fmt::format("cannot start mpirun: {}", std::strerror(reason)));
  }
  return {pid, std::move(messages.reading)};
}

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

void kill_descendants(bool tasks) {
  const fs::path ours = program_of(getpid());
  const auto end = std::chrono::steady_clock::now() + gone_limit;
  while (std::chrono::steady_clock::now() < end) {
    bool found = false;
    for (const pid_t pid : descendants_of(getpid())) {
      if (!tasks && program_of(pid) != ours) continue;
      kill(pid, SIGKILL);
      found = true;
    }
    if (!found) return;
    reap_children(-1);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

ChildStatus reap_children(pid_t pid) {
  ChildStatus found;
  int status = 0;
  for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended == pid) found = {true, status};
  }
  return found;
}

}  // namespace fanfold
