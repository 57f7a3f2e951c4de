// Texts in columns, for the terminal.
#pragma once

#include <string>
#include <vector>

namespace fanfold {

/// One line for each row, its cells in columns two spaces apart, `indent` spaces before it; the last column
/// is as wide as it is. A character counts as one column. All rows have the same number of cells.
std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

/// Each line that is not empty with so many spaces before it.
std::string indented(const std::string& text, std::size_t indent);

}  // namespace fanfold
