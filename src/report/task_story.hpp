// What befell a task: when it was sent where, what its attempts came to, from the event log and its rows.
#pragma once

#include <cstdint>
#include <string>

#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// A paragraph for each execution that touched the task, a line for each thing that happened, with seconds
/// since the execution began:
///
///     execution 1: 2026-11-22T02:24:51Z on node1, 2 ranks
///       0.012 s  sent to rank 1 on node2 in chunk 3 with 4 others: as many as their measured cost suggests
///       0.013 s  attempt 1 began on rank 1, slot 0
///       0.020 s  attempt 1 ended after 0.007 s: exit code 3
///                | out of paper
///
/// Of kernel-only tasks there are no attempts: when their rank reported them is what is known.
std::string task_story(const Job& job, const RunFileReader& file, TaskIndex task);

}  // namespace fanfold
