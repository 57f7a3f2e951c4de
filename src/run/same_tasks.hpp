// Which tasks of one job are tasks of another, by their content.
#pragma once

#include <cstdint>

#include "core/task_set.hpp"
#include "job/job.hpp"
#include "journal/moved_tasks.hpp"

namespace fanfold {

/// So many tasks of each job are compared at most: a few tens of bytes of memory and about a microsecond for
/// each.
inline constexpr std::uint64_t most_compared_tasks = 10'000'000;

/// The tasks `candidates` of `old_job` that have the same content as tasks of `tasks` in `job`, and which
/// they are there. Each counts once: of several with one content the first is the first there, and so on.
/// Tasks that do not meet `where` of their job are no tasks. Precondition: neither are more than
/// most_compared_tasks.
MovedList same_tasks(const Job& old_job, const TaskSet& candidates, const Job& job, TaskRange tasks);

}  // namespace fanfold
