// The one row of a table in CSV.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// A table as the source `sql` writes it: a line of names, then rows (RFC 4180).
struct CsvRow {
  std::vector<std::string> names;
  std::vector<std::optional<std::string>> cells;  ///< of the first row; none: an empty cell without quotes
  std::size_t rows = 0;                           ///< 0, 1, or 2 if there are more
};

/// Reads no further than it has to: a long table is known to have more than one row by its second.
CsvRow read_csv_row(std::string_view text);

}  // namespace fanfold
