// The columns of a run's rows, one row for each finished task.
#pragma once

#include <fanfold/column.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// One column of the rows.
struct RowColumn {
  enum class Kind { task, param, value, status, attempts, rank, start, duration, exit_code, error };
  std::string name;
  Kind kind = Kind::task;
  Type type = Type::integer;
  std::size_t index = 0;  ///< param: its slot; value: its place in Job::value_slots
};

/// The columns of a job's rows, in this order whatever the format: task, the params, the results of the
/// source and of the kernel, [values], each as the job file has them; then status, attempts, rank, start,
/// duration, exit_code (of programs), error. Where the job has a name of its own that is one of these, ours
/// is preceded by "task_".
std::vector<RowColumn> row_columns(const Job& job);

}  // namespace fanfold
