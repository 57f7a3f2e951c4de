#include "cli/text_table.hpp"

#include <algorithm>

namespace fanfold {
namespace {

/// The number of code points of a UTF-8 text.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    text.append(indent, ' ');
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      text += row[column];
      text.append(widths[column] + 2 - width_of(row[column]), ' ');
    }
    text += row.back() + "\n";
  }
  return text;
}

std::string indented(const std::string& text, std::size_t indent) {
  std::string result;
  bool at_begin = true;
  for (const char c : text) {
    if (at_begin && c != '\n') result.append(indent, ' ');
    result += c;
    at_begin = c == '\n';
  }
  return result;
}

}  // namespace fanfold
