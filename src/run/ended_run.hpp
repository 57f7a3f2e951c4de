// A run that has ended still has an answer where its file cannot be written.
#pragma once

#include "job/job.hpp"
#include "journal/run_file.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// What is recorded in a run file that cannot be written, for this reason (obstacle_to_writing), if nothing
/// is left to do and to record. Else throws RunFileError with that reason, or what open_run would.
RunState read_ended_run(const Job& job, const RunOptions& options, int obstacle);

}  // namespace fanfold
