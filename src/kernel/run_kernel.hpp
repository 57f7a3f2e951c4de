// Runs a kernel, which may be anybody's code, over the columns of a batch.
#pragma once

#include <fanfold/kernel.hpp>

#include <span>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"

namespace fanfold {

/// Fills `results`, one column for each result of the kernel (they are reset to its type and the batch's
/// size).
///
/// A row fails, with a message for the user, when a parameter is below its minimum (or NaN where there is
/// one), when the kernel says so, and when an exception leaves the kernel: then the rows of that call are
/// tried again one by one, so that only those that throw alone fail. A kernel never sees rows that have
/// failed, those that `failures` holds already included: it is called for each run of good rows between them.
/// Result values of failed rows are unspecified.
///
/// Preconditions: the columns of the batch have the types that the kernel declares; `failures` has the
/// batch's rows. Threads may call it at the same time with buffers of their own.
void run_kernel(const Kernel& kernel, const Batch& batch, std::span<ColumnBuffer> results,
                RowFailures& failures);

}  // namespace fanfold
