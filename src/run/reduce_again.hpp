// Reductions from recorded values: when [reduce] has changed, nothing needs to run again.
#pragma once

#include <functional>

#include "core/bytes.hpp"
#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// Calls its argument for each finished task, failed ones too.
using EachRow = std::function<void(const std::function<void(const TaskRow&)>&)>;

/// The encoded Partial of all finished tasks of a run file, from the values that it keeps. Throws UsageError
/// if an expression of [reduce] fails on a task (integer overflow): that task has succeeded, so the answer
/// would be wrong.
Bytes reduce_again(const Job& job, const EachRow& each_row);
Bytes reduce_again(const Job& job, const RunFileWriter& file);

}  // namespace fanfold
