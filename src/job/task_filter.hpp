// `where`: which tasks of the space are run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "core/task_set.hpp"
#include "job/job.hpp"

namespace fanfold {

/// Evaluates the `where` of a job for tasks, from their params. A job without one runs them all. One for each
/// thread; the job must outlive it.
class TaskFilter {
 public:
  explicit TaskFilter(const Job& job)
      : job_(job), columns_(job.scope.column_count()), views_(columns_.size()) {}

  struct Failure {
    TaskIndex task;
    std::string reason;
  };
  struct Met {
    TaskList tasks;                 ///< in the order in which they were given
    std::vector<Failure> failures;  ///< those of them on which the condition fails: they are to fail
  };
  /// Those of the tasks that meet the condition. Holds memory for all of them: give some thousands. Valid
  /// until the next call.
  const Met& of(std::span<const TaskRange> tasks);

  /// True as well if the condition fails on the task.
  bool meets(TaskIndex task);

  /// True if one of the tasks is run. In time that is proportional to those before it.
  bool meets_any(TaskRange range);

  /// How many tasks of the range are run. In time that is proportional to the range.
  std::uint64_t count(TaskRange range);

 private:
  void evaluate(std::span<const TaskRange> tasks, std::size_t rows);
  bool is_met(std::size_t row) const;

  const Job& job_;
  std::vector<ColumnBuffer> columns_;  // by slot
  std::vector<ConstColumn> views_;
  ColumnBuffer truth_;
  RowFailures failures_;
  expr::Scratch scratch_;
  Met met_;
};

}  // namespace fanfold
