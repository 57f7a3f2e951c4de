// The columns of a batch of tasks: params, results of source and kernel, values.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "core/task_set.hpp"
#include "exec/output_values.hpp"
#include "job/job.hpp"

namespace fanfold {

/// Computes the columns of one batch after the other; its memory is reused. One for each thread.
///
/// The order of calls: `begin`, with a source `set_results` for each row, `evaluate`; then the columns can be
/// read until the next `begin`.
class BatchEvaluator {
 public:
  /// `kernel` executes the job's, if it has one; `stop` is what Batch::stop_requested looks at. All must
  /// outlive the evaluator.
  BatchEvaluator(const Job& job, const OutputValues& output_values, const Kernel* kernel, const bool* stop);

  /// Starts a batch of these tasks and fills the params that something needs. Columns of results and values
  /// of a job with a source are blank (0, "") from here on; those of a job without one are unspecified.
  void begin(std::span<const TaskRange> tasks);

  /// Lets the row of a task fail. Precondition: the batch has it.
  void fail(TaskIndex task, std::string_view reason);

  /// Lets all rows fail, instead of evaluating them.
  void fail_all(std::string_view reason);

  /// A number argument of the source for the task in row 0, in the columns that `begin` filled. Sees to
  /// `failures`.
  double number(const Operand& operand);

  /// Sets the results of the source in one row: as many as it has.
  void set_results(std::size_t row, std::span<const Value> results);

  /// Runs the kernel and computes the values. `outputs` has what the source of each row retrieved; empty
  /// without one.
  void evaluate(std::span<const std::string_view> outputs);

  std::size_t rows() const { return tasks_.size(); }
  /// The index of each row.
  std::span<const TaskIndex> tasks() const { return tasks_; }
  /// By slot. Params that nothing needs are empty.
  std::span<const ConstColumn> columns() const { return columns_; }
  RowFailures& failures() { return failures_; }
  expr::Scratch& scratch() { return scratch_; }

 private:
  void find_needed_params();
  void fill_params(std::span<const TaskRange> tasks);
  void blank_results();
  void run_kernel_on(std::span<const std::string_view> outputs);
  ConstColumn operand_column(const Operand& operand, Type type, std::size_t index);
  void compute_value(const ValueSpec& value);
  void read_outputs(std::span<const std::string_view> outputs);
  void set(std::size_t slot, std::size_t row, const Value& value);

  const Job& job_;
  const OutputValues& output_values_;
  const Kernel* kernel_;
  const bool* stop_;
  std::vector<std::size_t> needed_params_;
  std::vector<ColumnBuffer> buffers_;   // by slot
  std::vector<ConstColumn> columns_;    // their views
  std::vector<ColumnBuffer> operands_;  // of the kernel: those that are not columns themselves
  std::vector<ConstColumn> parameters_;
  std::vector<TaskIndex> tasks_;
  std::vector<std::uint64_t> streams_;
  RowFailures failures_;
  expr::Scratch scratch_;
};

}  // namespace fanfold
