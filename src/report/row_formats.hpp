// Rows as text, for people and for programs.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "job/job.hpp"
#include "report/row_batch.hpp"

namespace fanfold {

/// Writes the selected rows of batches in one format.
class RowFormat {
 public:
  /// Gets many whole lines at a time.
  using Write = std::function<void(std::string_view)>;

  virtual ~RowFormat() = default;
  /// What stands before the rows.
  virtual void begin() {}
  virtual void write(const RowBatch& batch) = 0;
};

/// A header and a line for each row: RFC 4180 with \n line ends. A task that failed has empty cells for its
/// values.
std::unique_ptr<RowFormat> make_csv_rows(const std::vector<RowColumn>& columns, RowFormat::Write write);
/// A JSON object on a line for each row. A task that failed has no members for its values, one that succeeded
/// none for an error. NaN, infinities and integers beyond 2^53 are strings.
std::unique_ptr<RowFormat> make_json_rows(const std::vector<RowColumn>& columns, RowFormat::Write write);
/// "task 2 (i=2): failed: exit code 3".
std::unique_ptr<RowFormat> make_text_rows(const Job& job, const std::vector<RowColumn>& columns,
                                          RowFormat::Write write);

}  // namespace fanfold
