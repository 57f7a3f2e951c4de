// Child processes: started without fork, watched, their output captured, ended in time with all that they
// started.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/annotated_mutex.hpp"

namespace fanfold {

/// What to start.
struct ChildProgram {
  std::vector<std::string>
      arguments;  ///< the program first: a path, or a name to look up on the child's PATH
  std::vector<std::string> environment;           ///< "NAME=value"
  std::span<const std::string> more_environment;  ///< the same; both are all of it: nothing is inherited
  std::string folder;                             ///< absolute: where it runs
  std::optional<std::string> input;               ///< its standard input; none: /dev/null
  int null_device = -1;                           ///< that, open for reading, above 2; −1: it is opened
  std::string input_file;                         ///< or the file that it is; empty: none
  std::string output_file;                        ///< where its standard output goes; empty: it is captured
  std::string errors_file;                        ///< the same of its standard error
  std::optional<cpu_set_t> cpus;                  ///< on which it may run; none: those of the calling thread
  std::optional<std::uint64_t> memory_limit;      ///< bytes of data that each of its processes may have
  int nice = 0;                                   ///< added to ours
  const std::vector<int>* signals =
      nullptr;                ///< what signals_to_reset gave not long ago; null: it is asked now
  bool dies_with_us = false;  ///< it is killed when the thread that started it is no more, however that ended
  std::optional<std::chrono::duration<double>> timeout;
  std::chrono::duration<double> grace{2};  ///< from SIGTERM to SIGKILL when its time is over
  std::size_t output_limit = 64 << 20;     ///< bytes of standard output that are kept: the first and the last
  std::size_t errors_limit = 64 << 10;     ///< the same of standard error
};

/// How it ended.
struct ChildEnd {
  std::string not_started;       ///< why it could not be started; empty: it was
  bool timed_out = false;        ///< it was ended because its time was over
  int exit_code = -1;            ///< −1 if a signal ended it
  int signal = 0;                ///< that ended it, or 0
  std::uint64_t peak_bytes = 0;  ///< the most memory that it, or a child that it waited for, had in use
  std::string output;          ///< standard output, with a line in its middle if it is longer than the limit
  std::uint64_t left_out = 0;  ///< bytes of standard output beyond the limit
  std::string errors;          ///< standard error, the same
};

/// The process groups of the children that run, so that all can be ended at once. For many threads.
class ChildGroups {
 public:
  /// Kills all groups, now and those that are added later.
  void kill_all() FANFOLD_EXCLUDES(mutex_);
  /// True once kill_all was called.
  bool killing() const FANFOLD_EXCLUDES(mutex_);

  /// A group is a member from the start of its leader until before the leader is reaped: its number is not
  /// reused then.
  void add(pid_t group) FANFOLD_EXCLUDES(mutex_);
  void remove(pid_t group) FANFOLD_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::unordered_set<pid_t> groups_ FANFOLD_GUARDED_BY(mutex_);
  bool killing_ FANFOLD_GUARDED_BY(mutex_) = false;
};

/// Runs a program and returns when it has ended. The calling thread waits; any number of threads may call it.
///
/// The child leads a process group of its own, has no signal blocked or ignored and no open file but 0, 1
/// and 2. When its time is over, the group gets SIGTERM, and SIGKILL if the child is still there after its
/// grace; what it left behind in the group is killed then as well. Processes that a child leaves behind when
/// it ends by itself are let be; what they write to its pipes later than 0.2 s after its end is lost.
ChildEnd run_child(const ChildProgram& program, ChildGroups& groups);

/// "SIGKILL" for 9; a number without a name is "signal 99".
std::string name_of_signal(int signal);

}  // namespace fanfold
