// Comma-separated values as columns (RFC 4180, and what is found in the wild: LF, a byte order mark, blank
// lines).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.hpp"

namespace fanfold {

/// One column. It is numeric if each of its cells is a number or blank; then blank is NaN, and a column of
/// integers without blanks is integers. Else its cells are texts, as they stand, without the quotes around
/// them.
struct CsvColumn {
  std::string name;
  std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string_view>> cells;
  std::string text_cause = {};  ///< of texts: the first that is no number, "'n/a' in line 17"
};

struct CsvTable {
  std::vector<CsvColumn> columns;
  std::size_t rows = 0;
  std::shared_ptr<const std::string> text;  ///< that texts view into
  std::shared_ptr<const std::string>
      quoted;  ///< the cells with "" in them, which is one ": texts view into this too
};

/// Reads a table with a header. Throws UsageError that begins with "line N: ".
CsvTable read_csv(std::shared_ptr<const std::string> text);

}  // namespace fanfold
