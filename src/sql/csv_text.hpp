// A table as CSV that grows by cells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfold {

/// Cells are quoted if they need it (RFC 4180); no value is an empty cell, the empty text is "".
class CsvText {
 public:
  explicit CsvText(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  void add(std::optional<std::string_view> cell) {
    if (!at_start_) text_ += ',';
    at_start_ = false;
    if (!cell) return;
    if (cell->empty() || cell->find_first_of(",\"\r\n") != std::string_view::npos) {
      text_ += '"';
      for (const char c : *cell) text_.append(c == '"' ? 2 : 1, c);
      text_ += '"';
    } else {
      text_ += *cell;
    }
  }
  void end_row() {
    text_ += '\n';
    at_start_ = true;
  }

  bool is_too_long() const { return text_.size() > max_bytes_; }
  std::string take() { return std::move(text_); }

 private:
  std::uint64_t max_bytes_;
  std::string text_;
  bool at_start_ = true;
};

}  // namespace fanfold
