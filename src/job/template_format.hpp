// How a substituted value is written in a format.
#pragma once

#include <fanfold/column.hpp>

#include <string>
#include <string_view>

namespace fanfold {

/// A value in a format of fmt. A real whose format only aligns it is written as without a format, then
/// aligned. Throws fmt::format_error if the format does not fit the type.
std::string formatted(const Value& value, const std::string& format);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_character(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

}  // namespace fanfold
