// --adopt: a run begins with what an earlier run of a job like it has found.
#pragma once

#include "job/job.hpp"
#include "journal/run_file.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// Creates `options.run_file` with the tasks of `options.adopt` that have succeeded there and have the same
/// content in this job, see same_tasks; says how many they are. What they come to is reduced as this job has
/// it. Throws UsageError if the other run cannot be adopted from, RunFileError if it cannot be read.
void adopt_run(const Job& job, RunHeader header, const RunOptions& options);

/// To be called before an old run file is replaced: the file that is to be adopted from must be another one,
/// and can be read if it is needed. Throws UsageError, RunFileError.
void check_can_adopt(const RunOptions& options);

/// A run file that is there already goes on only if it began with the run that is to be adopted. Throws
/// UsageError.
void check_adopted(const RunHeader& header, const RunOptions& options);

}  // namespace fanfold
