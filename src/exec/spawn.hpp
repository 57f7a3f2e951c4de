// The start of a child process.
#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "core/file_descriptor.hpp"

namespace fanfold {

struct ChildProgram;

/// Why a program could not be started: "cannot start 'foo': No such file or directory".
class SpawnError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What becomes 0, 1 and 2 of the child; none of them is 0, 1 or 2 here.
struct StandardFiles {
  int input;
  int output;
  int errors;
  std::vector<int> more = {};  ///< these become 3, 4 …; all are above what they become
};

/// A program that runs.
struct Spawned {
  pid_t pid;
  FileDescriptor end;  ///< readable when it has ended; not open if the system has none to give
};

/// Starts a program as the leader of a new process group, with no signal blocked or ignored. Throws
/// SpawnError.
Spawned spawn(const ChildProgram& program, const StandardFiles& files);

/// The signals that are handled or ignored in this process, which no child must be started with.
std::vector<int> signals_to_reset();

/// What SpawnError would say now, because the folder or the program is not there; else empty. Starts nothing.
std::string obstacle_to_spawn(const ChildProgram& program);

}  // namespace fanfold
