// [params]: one kind of axis is one entry of the table `kinds`.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "job/axis_kind.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

const std::vector<AxisKind> kinds = {
    {"count", {}, read_count_axis, nullptr},
    {"from", {"to", "steps", "step", "log"}, read_range_axis, nullptr},
    {"glob", {}, read_glob_axis, read_glob_input},
    {"lines", {}, read_lines_axis, read_lines_input},
};

std::vector<std::string> keys_of(const AxisKind& kind) {
  std::vector<std::string> keys = kind.other_keys;
  keys.insert(keys.begin(), kind.key);
  return keys;
}

/// The kind of a table; null if it has no key that tells.
const AxisKind* find_kind(const TomlNode& node) {
  for (const AxisKind& kind : kinds) {
    if (node.find(kind.key) != nullptr) return &kind;
  }
  return nullptr;
}

std::unique_ptr<Axis> make_of_kind(AxisReading axis) {
  const std::string where = "[" + axis.path + "]";
  if (const AxisKind* const kind = find_kind(axis.node())) {
    axis.is_spelt_right = axis.reading.check_keys(axis.node(), where, keys_of(*kind));
    return kind->make(axis);
  }
  std::vector<std::string> known;
  std::vector<std::string> telling;
  for (const AxisKind& kind : kinds) {
    for (const std::string& key : keys_of(kind)) known.push_back(key);
    telling.push_back("'" + kind.key + "'");
  }
  if (axis.reading.check_keys(axis.node(), where, known)) {
    axis.reading.error(axis.node().place,
                       fmt::format("the axis '{}' needs {}", axis.entry.key, listed(telling, "or")));
  }
  return nullptr;
}

/// A list: all integers, all numbers (then reals) or all strings.
std::unique_ptr<Axis> make_list(const TomlEntry& param, Reading& reading) {
  const std::vector<TomlNode>& items = param.node.items;
  if (items.empty()) {
    reading.error(param.node.place, fmt::format("the list '{}' must have at least one value", param.key));
    return nullptr;
  }
  const bool is_text = items.front().is(Kind::text);
  const bool is_real =
      std::any_of(items.begin(), items.end(), [](const TomlNode& item) { return item.is(Kind::real); });
  std::vector<Value> values;
  for (const TomlNode& item : items) {
    if (is_text ? !item.is(Kind::text) : !item.is_number()) {
      const bool is_first = &item == &items.front();
      reading.error(
          item.place,
          is_first ? fmt::format("the list '{}' must have numbers or strings; this is {}", param.key,
                                 describe(item.kind))
                   : fmt::format(
                         "the list '{}' must have numbers only or strings only; its first is {}, this is {}",
                         param.key, describe(items.front().kind), describe(item.kind)));
      return nullptr;
    }
    if (is_text) {
      values.emplace_back(item.text);
    } else if (is_real) {
      values.emplace_back(item.is(Kind::real) ? item.real : static_cast<double>(item.integer));
    } else {
      values.emplace_back(item.integer);
    }
  }
  return make_list_axis(std::move(values));
}

std::unique_ptr<Axis> make_axis_of(const TomlEntry& param, Reading& reading) {
  switch (param.node.kind) {
    case Kind::integer:
      return make_list_axis({Value(param.node.integer)});
    case Kind::real:
      return make_list_axis({Value(param.node.real)});
    case Kind::text:
      return make_list_axis({Value(param.node.text)});
    case Kind::list:
      return make_list(param, reading);
    case Kind::table:
      return make_of_kind({param, reading, "params." + param.key});
    case Kind::boolean:
    case Kind::time:
      break;
  }
  reading.wrong_type(setting_of(param), "a number, a string, a list or a table");
  return nullptr;
}

/// What makes the values of a param: of one that has an input, the input.
std::string identity_of(const TomlEntry& param, const Reading& reading) {
  const std::string key = "params." + param.key;
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key != key) continue;
    const auto size = reading.job.space.axis(reading.job.space.param_count() - 1).size();
    const std::string_view noun = param.node.find("glob") != nullptr ? "file" : "line";
    return fmt::format("{} {}{}, {}", size, noun, size == 1 ? "" : "s", stable_hash(*input.data));
  }
  return canonical(param.node);
}

void add_param(const TomlEntry& param, Reading& reading) {
  const bool has_name = reading.claim(param.key, param.place, "a param");
  std::unique_ptr<Axis> axis = make_axis_of(param, reading);
  if (!has_name) return;
  if (axis == nullptr) return reading.give_up(param.key);
  try {
    const Type type = axis->type();
    reading.job.space.add(param.key, std::move(axis));
    reading.job.scope.add_column(param.key, type);
    reading.identify("params." + param.key, identity_of(param, reading));
  } catch (const std::overflow_error&) {
    reading.give_up(param.key);
    reading.error(param.place, fmt::format("with '{}' the job has more than 2^63-1 tasks", param.key));
  }
}

}  // namespace

void read_params(const TomlEntry& section, Reading& reading) {
  std::vector<std::string> names;
  for (const TomlEntry& param : section.node.entries) {
    add_param(param, reading);
    names.push_back(param.key);
  }
  // The order of the loops numbers the tasks.
  reading.identify("params", fmt::format("{}", fmt::join(names, ", ")));
}

std::vector<JobSource::Input> read_inputs(const TomlNode& root, const std::string& folder,
                                          const std::string& job_file) {
  std::vector<JobSource::Input> inputs;
  InputReader reader(folder, job_file);
  const TomlEntry* const params = root.find("params");
  if (params == nullptr) return inputs;
  for (const TomlEntry& param : params->node.entries) {
    const AxisKind* const kind = find_kind(param.node);
    if (kind == nullptr || kind->read == nullptr) continue;
    const TomlNode& name = param.node.find(kind->key)->node;
    if (!name.is(Kind::text)) continue;
    const std::string key = "params." + param.key;
    try {
      inputs.emplace_back(key, kind->read(name.text, reader));
    } catch (const UsageError& error) {
      inputs.emplace_back(key, "");
      inputs.back().error = error.what();
    }
  }
  return inputs;
}

}  // namespace fanfold
