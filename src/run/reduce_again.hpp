// Reductions from recorded values: when [reduce] has changed, nothing needs to run again.
#pragma once

#include "core/bytes.hpp"
#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// The encoded Partial of all finished tasks of a run file, from the values that it keeps. Throws UsageError
/// if an expression of [reduce] fails on a task (integer overflow): that task has succeeded, so the answer
/// would be wrong.
Bytes reduce_again(const Job& job, const RunFileWriter& file);

}  // namespace fanfold
