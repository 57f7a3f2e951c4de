// What makes a job this job: canonical forms and hashes.
#include <fmt/format.h>

#include <algorithm>

#include "core/stable_hash.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

/// Longer values stand in the fingerprint as their hash.
constexpr std::size_t longest_value = 200;

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string canonical(const Value& value) {
  return type_of(value) == Type::text ? in_quotes(std::get<std::string>(value)) : to_text(value);
}

std::string canonical(const TomlNode& node) {
  switch (node.kind) {
    case TomlNode::Kind::integer:
      return to_text(Value(node.integer));
    case TomlNode::Kind::real:
      return to_text(Value(node.real));
    case TomlNode::Kind::boolean:
      return node.boolean ? "true" : "false";
    case TomlNode::Kind::text:
      return in_quotes(node.text);
    case TomlNode::Kind::time:
      return "time";
    case TomlNode::Kind::list: {
      std::vector<std::string> items;
      for (const TomlNode& item : node.items) items.push_back(canonical(item));
      return fmt::format("[{}]", fmt::join(items, ", "));
    }
    case TomlNode::Kind::table: {
      std::vector<std::string> entries;
      for (const TomlEntry& entry : node.entries)
        entries.push_back(entry.key + " = " + canonical(entry.node));
      std::sort(entries.begin(), entries.end());
      return fmt::format("{{{}}}", fmt::join(entries, ", "));
    }
  }
  return {};
}

void Reading::identify(std::string key, std::string value) {
  if (value.size() > longest_value) value = fmt::format("{} bytes, {}", value.size(), stable_hash(value));
  job.fingerprint.push_back({std::move(key), std::move(value)});
}

}  // namespace fanfold
