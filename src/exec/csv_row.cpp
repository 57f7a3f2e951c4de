#include "exec/csv_row.hpp"

#include <utility>

namespace fanfold {
namespace {

using Cells = std::vector<std::optional<std::string>>;

/// Takes a cell and the comma or the end of line behind it. True: the line goes on.
bool take_cell(std::string_view& text, std::optional<std::string>& cell) {
  bool in_quotes = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const bool is_doubled = in_quotes && text.substr(at + 1, 1) == "\"";
      if (!cell) cell.emplace();
      if (is_doubled) *cell += text[++at];
      if (!is_doubled) in_quotes = !in_quotes;
    } else if (!in_quotes && (c == ',' || c == '\n')) {
      break;
    } else {
      if (!cell) cell.emplace();
      *cell += c;
    }
  }
  const bool goes_on = at < text.size() && text[at] == ',';
  if (!goes_on && cell && cell->ends_with('\r')) cell->pop_back();
  text.remove_prefix(at < text.size() ? at + 1 : at);
  return goes_on;
}

Cells take_line(std::string_view& text) {
  Cells cells;
  bool goes_on = true;
  while (goes_on) goes_on = take_cell(text, cells.emplace_back());
  return cells;
}

}  // namespace

CsvRow read_csv_row(std::string_view text) {
  CsvRow row;
  if (text.empty()) return row;
  for (std::optional<std::string>& name : take_line(text)) row.names.push_back(std::move(name).value_or(""));
  if (text.empty()) return row;
  row.cells = take_line(text);
  row.rows = text.empty() ? 1 : 2;
  return row;
}

}  // namespace fanfold
