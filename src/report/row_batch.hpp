// Rows of a run file as columns, a batch at a time: what filters and formats work on.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/column_buffer.hpp"
#include "job/job.hpp"
#include "job/task_filter.hpp"
#include "journal/run_file.hpp"
#include "report/row_columns.hpp"

namespace fanfold {

/// Rows of tasks in ascending order, as columns: one for each of row_columns.
struct RowBatch {
  std::size_t rows = 0;
  std::vector<ConstColumn> columns;
  /// One byte for each row: 0 if the task has no values (it failed, or they are not kept): what its value
  /// columns have then means nothing.
  std::span<const std::uint8_t> has_values;
  std::span<const std::uint32_t> selected;  ///< the rows that are to be shown, ascending
};

/// Collects rows into batches.
class RowBatches {
 public:
  using Take = std::function<void(const RowBatch&)>;
  /// `take` gets each batch, with all rows selected. The job and the columns must outlive this.
  RowBatches(const Job& job, const std::vector<RowColumn>& columns, Take take);

  /// Reads the selected rows of a run file of the job, and gives out all batches.
  void read(const RunFileReader& file, const RowSelection& selection);

 private:
  static constexpr std::size_t most_rows = 4096;

  void begin_batch();
  void add(const TaskRow& row);
  void add(TaskRange tasks, std::span<const ConstColumn> values);
  void add_block(TaskRange tasks, std::span<const ConstColumn> values);
  void give_out();

  const Job& job_;
  const std::vector<RowColumn>& columns_;
  Take take_;
  TaskFilter filter_;
  std::vector<ColumnBuffer> buffers_;  // by column
  std::vector<std::uint8_t> has_values_;
  std::vector<std::uint32_t> all_;  // 0, 1, 2 …
  std::size_t rows_ = 0;
};

}  // namespace fanfold
