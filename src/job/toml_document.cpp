#include "job/toml_document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/utf8.hpp"

namespace fanfold {
namespace {

Place begin_of(const toml::source_region& source) { return {source.begin.line, source.begin.column}; }

TomlNode convert(const toml::node& node);

void convert_table(const toml::table& table, TomlNode& result) {
  result.kind = TomlNode::Kind::table;
  for (const auto& [key, value] : table) {
    result.entries.push_back({std::string(key.str()), begin_of(key.source()), convert(value)});
  }
  // The library sorts by name; the order of [params] is the order of its loops.
  std::stable_sort(result.entries.begin(), result.entries.end(),
                   [](const TomlEntry& a, const TomlEntry& b) { return a.place < b.place; });
}

TomlNode convert(const toml::node& node) {
  TomlNode result;
  result.place = begin_of(node.source());
  if (const auto* const table = node.as_table()) {
    convert_table(*table, result);
  } else if (const auto* const list = node.as_array()) {
    result.kind = TomlNode::Kind::list;
    result.items.reserve(list->size());
    for (const toml::node& item : *list) result.items.push_back(convert(item));
  } else if (const auto* const integer = node.as_integer()) {
    result.kind = TomlNode::Kind::integer;
    result.integer = integer->get();
  } else if (const auto* const real = node.as_floating_point()) {
    result.kind = TomlNode::Kind::real;
    result.real = real->get();
  } else if (const auto* const boolean = node.as_boolean()) {
    result.kind = TomlNode::Kind::boolean;
    result.boolean = boolean->get();
  } else if (const auto* const text = node.as_string()) {
    result.kind = TomlNode::Kind::text;
    result.text = text->get();
  } else {
    result.kind = TomlNode::Kind::time;
  }
  return result;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
}

/// "Error while parsing string: encountered end-of-file" in our words.
std::string message_of(std::string_view description) {
  std::string message(description);
  replace(message, "Error while parsing ", "syntax error in ");
  replace(message, "encountered end-of-file", "the file ends in the middle of it");
  replace(message, "key-value pair: cannot redefine existing", "key: there is already the");
  replace(message, "table header: cannot redefine existing", "table header: there is already the");
  replace(message, "Encountered invalid utf-8 sequence", "the file is not UTF-8 here");
  replace(message, "unescaped control characters other than TAB (U+0009) are explicitly prohibited",
          "it does not end on its line, or has a control character that is not escaped");
  if (message.find("escape sequence") != std::string::npos)
    message += "; in single quotes a backslash stands for itself, as a regex needs it: '\\d+'";
  return message;
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80; }

/// The text from a place on; empty if it is not in the text.
std::string_view text_from(std::string_view text, Place place) {
  for (std::size_t line = 1; line < place.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  for (std::size_t column = 1; column < place.column && !text.empty(); ++column) {
    do text.remove_prefix(1);
    while (!text.empty() && !begins_character(text.front()));
  }
  return text;
}

/// Follows the source of a string beside its value, to the place that a byte of the value has.
class StringSource {
 public:
  /// `source` begins with the quotes of the string, at `place`.
  StringSource(std::string_view source, Place place) : source_(source), place_(place) {
    has_escapes_ = source.starts_with('"');
    has_lines_ = source.starts_with(R"(""")") || source.starts_with("'''");
    advance(has_lines_ ? 3 : 1);
    if (has_lines_ && source_.starts_with("\r\n")) advance(2);
    if (has_lines_ && source_.starts_with('\n')) advance(1);
  }

  /// Nothing if the source is not that of the value.
  std::optional<Place> place_of_byte(std::string_view value, std::size_t offset) {
    for (std::size_t at = 0;;) {
      if (has_escapes_ && has_lines_) skip_joined_lines();
      if (at >= offset) return place_;
      if (source_.empty() || at >= value.size()) return std::nullopt;
      if (has_escapes_ && source_.front() == '\\') {
        at += skip_escape();
      } else {
        if (source_.front() != value[at++]) return std::nullopt;
        advance(1);
      }
    }
  }

 private:
  void advance(std::size_t bytes) {
    for (; bytes > 0 && !source_.empty(); --bytes) {
      const bool ends_line = source_.front() == '\n';
      source_.remove_prefix(1);
      if (ends_line) {
        place_ = {place_.line + 1, 1};
      } else if (source_.empty() || begins_character(source_.front())) {
        ++place_.column;
      }
    }
  }

  /// A backslash at the end of a line, and all blanks up to what follows.
  void skip_joined_lines() {
    constexpr const char* blanks = " \t\r\n";
    while (source_.starts_with('\\')) {
      const std::size_t end = std::min(source_.find_first_not_of(blanks, 1), source_.size());
      if (source_.substr(0, end).find('\n') == std::string_view::npos) return;
      advance(end);
    }
  }

  /// Returns how many bytes of the value it stands for.
  std::size_t skip_escape() {
    const char kind = source_.size() > 1 ? source_[1] : ' ';
    const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    std::uint32_t code_point = 0;
    if (source_.size() >= 2 + digits)
      std::from_chars(source_.data() + 2, source_.data() + 2 + digits, code_point, 16);
    advance(2 + digits);
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  }

  std::string_view source_;  // what follows
  Place place_;              // of its first character
  bool has_escapes_ = false;
  bool has_lines_ = false;
};

}  // namespace

const TomlEntry* TomlNode::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Place place_of(const TomlNode& root, std::string_view section, std::string_view key) {
  const TomlEntry* const table = root.find(section);
  const TomlEntry* const entry = table == nullptr ? nullptr : table->node.find(key);
  return entry == nullptr ? Place{} : entry->place;
}

std::string toml_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (is_control_character(c)) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string_view describe(TomlNode::Kind kind) {
  switch (kind) {
    case TomlNode::Kind::integer:
      return "an integer";
    case TomlNode::Kind::real:
      return "a real number";
    case TomlNode::Kind::boolean:
      return "a boolean";
    case TomlNode::Kind::text:
      return "a string";
    case TomlNode::Kind::time:
      return "a date or time";
    case TomlNode::Kind::list:
      return "a list";
    case TomlNode::Kind::table:
      return "a table";
  }
  return "a value";
}

TomlDocument::TomlDocument(std::string_view text) : text_(text) {
  try {
    root_ = convert(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw TomlError(begin_of(error.source()), message_of(error.description()));
  }
}

Place TomlDocument::place_in(const TomlNode& string, std::size_t offset) const {
  if (string.place.line == 0) return string.place;
  const std::string_view source = text_from(text_, string.place);
  if (!source.starts_with('"') && !source.starts_with('\'')) return string.place;
  return StringSource(source, string.place).place_of_byte(string.text, offset).value_or(string.place);
}

}  // namespace fanfold
