// What a task would run, or has run, for people: its command as it could be pasted into a shell, the file
// that it reads, the parameters of its kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "job/job.hpp"

namespace fanfold {

/// One thing that the job says about a task, rendered for it.
struct TaskDetail {
  std::string name;  ///< the key of [task] that says so: "command", "cwd", "kernel"
  /// `command`: its words, quoted for a shell. `shell`: the script, with a line break in it if the job has
  /// one. All others are one line: a path, a number, `NAME=value` for each variable; texts of other keys as a
  /// word of a shell.
  std::string text;
  std::string
      obstacle;  ///< why it would fail at once: "cannot read 'a.txt': …"; empty if nothing is known of
};

/// Where a task runs, and for which time.
struct TaskPlace {
  Attempt attempt;
  Rank rank;
  std::uint32_t slot = 0;
};

/// The details of a task: the keys of its source in the order of the job's SourceSpec, then its kernel; none
/// if it consists of [values]. Without a place it is that of a first attempt, and {rank} and {slot} stay in
/// braces, as {tmp} always does. Obstacles are looked for on this host, now. Precondition: the job's source,
/// if it has one, is one of source_registry().
std::vector<TaskDetail> task_description(const Job& job, TaskIndex task,
                                         const std::optional<TaskPlace>& place = {});

}  // namespace fanfold
