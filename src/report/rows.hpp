// The rows of a run file, one for each task.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

enum class RowFormat { csv, json_lines, text };

/// Writes rows. Columns, in this order whatever the format: task, the params, the results and values, status,
/// attempts, rank, start, duration, exit_code, error. A failed task has no values (empty in CSV, absent in
/// JSON). CSV is RFC 4180 with \n line ends. Each call of `write` gets whole lines.
class RowWriter {
 public:
  using Write = std::function<void(std::string_view)>;
  RowWriter(const Job& job, RowFormat format, Write write);
  /// The header of CSV and text; nothing for JSON.
  void begin();
  void row(const TaskRow& row);

 private:
  const Job& job_;
  RowFormat format_;
  Write write_;
  std::vector<std::string> value_names_;
};

}  // namespace fanfold
