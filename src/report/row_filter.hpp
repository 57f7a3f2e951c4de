// --where: which rows are shown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expr/program.hpp"
#include "job/job.hpp"
#include "report/row_batch.hpp"

namespace fanfold {

/// A condition over the columns of rows and the constants of the job. A row whose task has no values does not
/// meet a condition that asks for one.
class RowFilter {
 public:
  /// Throws UsageError with the place and the nearest known name.
  RowFilter(const std::string& condition, const Job& job, const std::vector<RowColumn>& columns);

  /// The same batch with those rows selected that meet the condition; valid until the next call. Throws
  /// UsageError if the condition fails on a row (integer overflow, division by zero).
  RowBatch apply(const RowBatch& batch);

 private:
  expr::Program program_;
  bool uses_values_ = false;
  expr::Scratch scratch_;
  ColumnBuffer met_;
  RowFailures failures_;
  std::vector<std::uint32_t> selected_;
};

}  // namespace fanfold
