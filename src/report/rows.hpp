// The rows of a run file, one for each task.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

enum class RowFormat { csv, json_lines, text };

/// Writes rows. Columns, in this order whatever the format: task, the params, the results and values, status,
/// attempts, rank, start, duration, exit_code (of programs), error. Where the job has a name of its own that
/// is one of these, ours is preceded by "task_". A failed task has no values (empty in CSV, absent in JSON).
/// CSV is RFC 4180 with \n line ends. Each call of `write` gets whole lines.
class RowWriter {
 public:
  using Write = std::function<void(std::string_view)>;
  RowWriter(const Job& job, RowFormat format, Write write);
  /// The header of CSV and text; nothing for JSON.
  void begin();
  void row(const TaskRow& row);

 private:
  struct ValueColumn {
    std::string name;
    std::size_t index;  ///< in TaskRow::values
  };
  void csv_row(const TaskRow& row, const std::vector<Value>& params);
  void json_row(const TaskRow& row, const std::vector<Value>& params);
  /// "start", or "task_start" if the job has a `start` of its own.
  std::string own(const std::string& name) const;

  const Job& job_;
  RowFormat format_;
  Write write_;
  bool has_exit_code_;
  std::vector<ValueColumn> values_;
};

}  // namespace fanfold
