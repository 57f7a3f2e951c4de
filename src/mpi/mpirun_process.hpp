// mpirun as a child process that cannot outlive the launcher, and what it leaves behind.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "core/file_descriptor.hpp"

namespace fanfold {

/// What mpirun is started with.
struct MpirunStart {
  std::vector<std::string> words;                                ///< the program first
  std::vector<std::pair<std::string, std::string>> environment;  ///< set, besides what is inherited
};

/// Starts mpirun in a process group of its own, so that a terminal's ctrl-C reaches the launcher alone. It
/// gets SIGTERM when the launcher dies, however it dies. It reads nothing. Its output and errors come through
/// `messages`, a pipe. Throws UsageError if it cannot be started. The process has one thread.
struct Mpirun {
  pid_t pid = -1;
  FileDescriptor messages;
};
Mpirun start_mpirun(const MpirunStart& start);

/// Makes orphans of our descendants our children, so that they can be found.
void adopt_orphans();

/// Kills what is left of our descendants: the ranks, and with `tasks` everything else, too. Waits until they
/// are gone.
void kill_descendants(bool tasks);

/// Waits for children that have ended. Returns true, and how `pid` ended, if it is one of them.
struct ChildStatus {
  bool ended = false;
  int status = 0;  ///< as of waitpid
};
ChildStatus reap_children(pid_t pid);

}  // namespace fanfold
