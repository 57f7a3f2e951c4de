#include "job/template_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "job/template.hpp"

namespace fanfold {
namespace {

bool is_alignment(char c) { return c == '<' || c == '>' || c == '^'; }

/// True if the format sets fill, alignment and width only: what works for text too.
bool is_alignment_only(std::string_view format) {
  std::size_t at = 0;
  if (format.size() >= 2 && is_alignment(format[1])) {
    at = 2;
  } else if (!format.empty() && is_alignment(format[0])) {
    at = 1;
  }
  return (at == format.size() || format[at] != '0') &&
         std::all_of(format.begin() + static_cast<std::ptrdiff_t>(at), format.end(), is_digit);
}

}  // namespace

std::string formatted(const Value& value, const std::string& format) {
  if (format.empty()) return to_text(value);
  if (type_of(value) == Type::real && is_alignment_only(format)) {
    const bool has_alignment = is_alignment(format[0]) || (format.size() > 1 && is_alignment(format[1]));
    return fmt::format(fmt::runtime(fmt::format("{{:{}{}}}", has_alignment ? "" : ">", format)),
                       to_text(value));
  }
  const std::string pattern = fmt::format("{{:{}}}", format);
  return std::visit([&](const auto& held) { return fmt::format(fmt::runtime(pattern), held); }, value);
}

}  // namespace fanfold
