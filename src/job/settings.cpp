// --set KEY=VALUE: changes the tree of a job file before it is read, so that what it says is checked where
// the file would be.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/nearest.hpp"
#include "job/own_kernel.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

std::vector<std::string> parts_of(const std::string& key) {
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void put_at(TomlNode& node, Place place) {
  node.place = place;
  for (TomlNode& item : node.items) put_at(item, place);
  for (TomlEntry& entry : node.entries) {
    entry.place = place;
    put_at(entry.node, place);
  }
}

/// A value whose syntax errors are reported: what begins so is not meant as plain text.
bool is_marked(const std::string& text) {
  return !text.empty() && std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
}

TomlNode plain_text(const std::string& text) {
  TomlNode node;
  node.kind = Kind::text;
  node.text = text;
  return node;
}

/// The text as a value of TOML; what is none, and what would be a date, is a string. Throws TomlError for
/// what was meant as a list, a table or a quoted string, and is none.
TomlNode value_of(const std::string& text) {
  try {
    const TomlDocument document("value = " + text + "\n");
    const std::vector<TomlEntry>& entries = document.root().entries;
    if (entries.size() == 1 && !entries.front().node.is(Kind::time)) return entries.front().node;
  } catch (const TomlError&) {
    if (is_marked(text)) throw;
  }
  return plain_text(text);
}

/// One --set at work.
class Change {
 public:
  Change(TomlNode& root, const SourceRegistry& sources, const KernelInfo* own_kernel, const std::string& key,
         const std::string& text)
      : root_(root),
        sources_(sources),
        own_kernel_(own_kernel),
        key_(key),
        text_(text),
        parts_(parts_of(key)) {}

  /// Returns what is wrong; empty: nothing.
  std::string make(Place place) {
    place_ = place;
    const bool names_table = parts_.size() > 1 && (parts_.front() == "params" || parts_.front() == "task");
    return names_table ? change_in_named() : change_anywhere();
  }

 private:
  struct Home {
    TomlNode* table;
    std::string name;  // "task.with"
  };

  TomlNode* table_of(TomlNode& table, std::string_view key) {
    for (TomlEntry& entry : table.entries) {
      if (entry.key == key && entry.node.is(Kind::table)) return &entry.node;
    }
    return nullptr;
  }

  std::vector<Home> homes() {
    std::vector<Home> result;
    if (TomlNode* const params = table_of(root_, "params")) result.push_back({params, "params"});
    TomlNode* const task = table_of(root_, "task");
    if (task == nullptr) return result;
    result.push_back({task, "task"});
    if (TomlNode* const with = table_of(*task, "with")) result.push_back({with, "task.with"});
    return result;
  }

  /// "task.samples"
  std::string change_in_named() {
    const std::string name = parts_.front();
    TomlNode* const table = table_of(root_, name);
    if (table == nullptr) return fmt::format("the job has no [{}]", name);
    return change(*table, name, 1);
  }

  /// "samples"
  std::string change_anywhere() {
    std::vector<Home> found;
    for (const Home& home : homes()) {
      if (home.table->find(parts_.front()) != nullptr) found.push_back(home);
    }
    if (found.size() > 1) {
      return fmt::format("'{}' is in [{}] and in [{}]; write '{}.{}' or '{}.{}'", parts_.front(),
                         found[0].name, found[1].name, found[0].name, key_, found[1].name, key_);
    }
    if (found.size() == 1) return change(*found.front().table, found.front().name, 0);
    if (parts_.size() == 1 && add()) return {};
    if (has_strings("task." + parts_.front())) return change(*table_of(root_, "task"), "task", 0);
    if (const std::string flag = option(); !flag.empty())
      return fmt::format("it is no key of [task] or [params]; write {}={}", flag, text_);
    std::vector<std::string> known = optional_keys();
    for (const Home& home : homes()) add_keys(*home.table, known);
    return fmt::format("unknown key '{}'{}", parts_.front(), hint(parts_.front(), known));
  }

  /// Follows the parts from the one numbered `at` on, and replaces what it comes to.
  std::string change(TomlNode& table, const std::string& name, std::size_t at) {
    const std::string& part = parts_[at];
    const bool is_last = at + 1 == parts_.size();
    const std::string full_name = name + "." + part;
    const auto begin = table.entries.begin();
    auto entry =
        std::find_if(begin, table.entries.end(), [&](const TomlEntry& each) { return each.key == part; });
    if (entry == table.entries.end() && (is_last ? has_strings(name) : has_strings(full_name)))
      entry = table.entries.insert(entry, {part, place_, {}});
    if (entry == table.entries.end()) {
      if (is_last && name == "task" && add()) return {};
      std::vector<std::string> known = name == "task" ? optional_keys() : std::vector<std::string>();
      add_keys(table, known);
      return fmt::format("unknown key '{}' in [{}]{}", part, name, hint(part, known));
    }
    if (is_last) {
      entry->node = has_strings(name) ? string_value() : value();
      entry->place = place_;
      return {};
    }
    if (!entry->node.is(Kind::table)) {
      return fmt::format("'{}' has no key '{}': it is {}", part, parts_[at + 1], describe(entry->node.kind));
    }
    return change(entry->node, full_name, at + 1);
  }

  /// True for "task.env": a table with any keys, whose values are strings.
  bool has_strings(const std::string& table) {
    const std::vector<SourceKey> keys = source_keys();
    return std::ranges::any_of(keys, [&table](const SourceKey& key) {
      return key.kind == KeyKind::strings && "task." + key.name == table;
    });
  }

  /// The option for what is a key of [run], or the seed; empty if it is neither.
  std::string option() const {
    const std::size_t words = parts_.front() == "run" ? 2 : 1;
    std::string key = parts_.back();
    const std::vector<std::string>& policies = run_keys();
    const bool has_flag = key == "seed" || std::ranges::find(policies, key) != policies.end();
    if (!has_flag || parts_.size() != words) return {};
    std::ranges::replace(key, '_', '-');
    return "--" + key;
  }

  /// Adds a key that [task] leaves to its default; false if it has no such key.
  bool add() {
    const std::string& name = parts_.back();
    TomlNode* task = table_of(root_, "task");
    const std::vector<std::string> parameters = kernel_parameters();
    const bool is_parameter = std::find(parameters.begin(), parameters.end(), name) != parameters.end();
    const std::vector<std::string> others = task_keys();
    const bool is_other = std::find(others.begin(), others.end(), name) != others.end();
    if (!is_parameter && !is_other) return false;
    if (is_parameter && is_other) {  // the key of [task] is something else
      if (task->find("with") == nullptr) task->entries.push_back({"with", place_, {}});
      task = table_of(*task, "with");
      if (task == nullptr) return false;
    }
    task->entries.push_back({name, place_, value()});
    return true;
  }

  /// What [task] may have with its kernel and its source.
  std::vector<std::string> optional_keys() {
    std::vector<std::string> keys = kernel_parameters();
    const std::vector<std::string> others = task_keys();
    keys.insert(keys.end(), others.begin(), others.end());
    return keys;
  }
  std::vector<std::string> kernel_parameters() {
    std::vector<std::string> names;
    const TomlNode* const task = table_of(root_, "task");
    const TomlEntry* const key = task != nullptr ? task->find("kernel") : nullptr;
    const Kernel* const kernel = key != nullptr ? find_kernel(key->node.text) : nullptr;
    const bool is_own = key != nullptr && is_kernel_path(key->node.text);
    const KernelInfo* const info = kernel != nullptr ? &kernel->info() : is_own ? own_kernel_ : nullptr;
    if (info == nullptr) return names;
    for (const Parameter& parameter : info->parameters) names.push_back(parameter.name);
    return names;
  }
  std::vector<std::string> task_keys() {
    std::vector<std::string> keys;
    const TomlNode* const task = table_of(root_, "task");
    if (task == nullptr) return keys;
    keys.emplace_back("cost");
    if (task->find("kernel") != nullptr)
      keys.insert(keys.end(), {"isolate", "kernel_memory", "compiler_flags"});
    for (const SourceKey& key : source_keys()) keys.push_back(key.name);
    return keys;
  }
  std::vector<SourceKey> source_keys() {
    std::vector<SourceKey> keys;
    const TomlNode* const task = table_of(root_, "task");
    for (const SourceInfo* const info : sources_) {
      if (task != nullptr && task->find(info->name) != nullptr)
        keys.insert(keys.end(), info->keys.begin(), info->keys.end());
    }
    return keys;
  }

  static void add_keys(const TomlNode& table, std::vector<std::string>& keys) {
    for (const TomlEntry& entry : table.entries) {
      if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) keys.push_back(entry.key);
    }
  }
  static std::string hint(const std::string& word, const std::vector<std::string>& known) {
    const std::string nearest = did_you_mean(word, known);
    if (!nearest.empty() || known.empty()) return nearest;
    return fmt::format("; known: {}", listed(known));
  }

  /// What stands in no quotes, "4" and "{index}" too, is as it is written.
  TomlNode string_value() const {
    if (text_.starts_with('"') || text_.starts_with('\'')) return value();
    TomlNode node = plain_text(text_);
    put_at(node, place_);
    return node;
  }

  TomlNode value() const {
    TomlNode node = value_of(text_);
    put_at(node, place_);
    return node;
  }

  TomlNode& root_;
  const SourceRegistry& sources_;
  const KernelInfo* own_kernel_;
  const std::string& key_;
  const std::string& text_;
  std::vector<std::string> parts_;
  Place place_;
};

}  // namespace

std::vector<Diagnostic> apply_settings(const std::vector<std::pair<std::string, std::string>>& settings,
                                       const SourceRegistry& sources, const KernelInfo* own_kernel,
                                       TomlNode& root) {
  std::vector<Diagnostic> wrong;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const auto& [key, text] = settings[i];
    const Place place{0, i + 1};
    try {
      std::string message = Change(root, sources, own_kernel, key, text).make(place);
      if (!message.empty()) wrong.push_back({place, std::move(message)});
    } catch (const TomlError& error) {
      wrong.push_back({place, error.what()});
    }
  }
  return wrong;
}

}  // namespace fanfold
