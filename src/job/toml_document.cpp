#include "job/toml_document.hpp"

#include <toml++/toml.h>

#include <algorithm>

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
  if (source.empty() || source.substr(1, string.text.size()) != string.text) return string.place;
  const std::string_view before = std::string_view(string.text).substr(0, offset);
  const auto characters = std::count_if(before.begin(), before.end(), begins_character);
  return {string.place.line, string.place.column + 1 + static_cast<std::size_t>(characters)};
}

}  // namespace fanfold
