#include "report/error_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/utf8.hpp"

namespace fanfold {
namespace {

constexpr std::size_t most_bytes = 2000;

}  // namespace

std::string without_control_characters(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if (is_control_character(c) && c != '\t') {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string last_lines(std::string_view text, std::size_t line_limit, std::string_view bar) {
  text = text.substr(0, text.find_last_not_of("\r\n\t ") + 1);
  if (text.empty()) return {};
  if (text.size() > most_bytes) text.remove_prefix(text.size() - most_bytes);
  std::size_t begin = text.size();
  for (std::size_t lines = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && ++lines == line_limit) break;
  }
  std::string shown;
  for (text.remove_prefix(begin); !text.empty();) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    shown += fmt::format("{}{}\n", bar, without_control_characters(line));
  }
  return shown;
}

}  // namespace fanfold
