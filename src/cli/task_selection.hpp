// --tasks, --task and TASK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/task_set.hpp"
#include "job/job.hpp"

namespace fanfold {

/// "FIRST:END", ":END", "FIRST:" or one index; both empty: all tasks (none). Throws UsageError if they are no
/// such thing or outside of 0 … N−1.
std::optional<TaskRange> parse_selection(const std::string& tasks, const std::string& task,
                                         std::uint64_t size);

/// Throws UsageError if the task is left out by `where`.
void check_is_run(const Job& job, TaskIndex task);

/// "K/N": the tasks of the k-th (from 1) of n parts that follow one another and differ in size by one task at
/// most. Throws UsageError if it is no such thing, or there are fewer tasks than parts.
TaskRange parse_part(const std::string& text, std::uint64_t size);

/// The TASK of a command line. Throws UsageError if it is no index from 0 to N−1.
TaskIndex parse_task(const std::string& text, std::uint64_t size);

}  // namespace fanfold
