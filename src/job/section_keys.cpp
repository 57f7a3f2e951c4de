#include "job/section_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/nearest.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

const SectionKey* find_key(std::span<const SectionKey> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const SectionKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

/// The text of a flag as it would stand in the file: a number if it is one, else a string. None: it is a
/// number that no type can hold.
std::optional<TomlNode> node_of(const std::string& text) {
  TomlNode node;
  node.text = text;
  node.kind = Kind::text;
  const char* const last = text.data() + text.size();
  if (text.empty()) return node;
  if (const auto [end, error] = std::from_chars(text.data(), last, node.integer); end == last) {
    node.kind = Kind::integer;
    return error == std::errc() ? std::optional(node) : std::nullopt;
  }
  if (const auto [end, error] = std::from_chars(text.data(), last, node.real); end == last) {
    node.kind = Kind::real;
    return error == std::errc() ? std::optional(node) : std::nullopt;
  }
  return node;
}

}  // namespace

std::vector<std::string> names_of(std::span<const SectionKey> keys) {
  std::vector<std::string> names;
  for (const SectionKey& key : keys) names.emplace_back(key.name);
  return names;
}

void read_section(const TomlEntry* section, std::string_view where, std::span<const SectionKey> keys,
                  const std::vector<std::pair<std::string, std::string>>& flags, Reading& reading) {
  if (section != nullptr) {
    reading.check_keys(section->node, where, names_of(keys));
    for (const TomlEntry& entry : section->node.entries) {
      if (const SectionKey* const key = find_key(keys, entry.key)) key->read(setting_of(entry), reading);
    }
  }
  for (const auto& [name, text] : flags) {
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    const SectionKey* const key = find_key(keys, name);
    if (key == nullptr) {
      reading.error({},
                    fmt::format("{}: {} has no such key{}", flag, where, did_you_mean(name, names_of(keys))));
      continue;
    }
    if (const auto node = node_of(text)) {
      key->read({*node, flag + ":", {}, "'" + text + "'"}, reading);
    } else {
      reading.error({}, fmt::format("{}: the number {} is out of range", flag, text));
    }
  }
}

}  // namespace fanfold
