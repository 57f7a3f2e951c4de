// [params]: one kind of axis is one entry of the table `kinds`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/nearest.hpp"
#include "job/glob.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// What a kind of axis makes its axis from.
struct AxisReading {
  const TomlEntry& param;
  Reading& reading;
  bool is_spelt_right = true;  // if not, what is missing may be there under another name

  const TomlNode& node() const { return param.node; }
  Setting setting(std::string_view key) const { return setting_of(*node().find(key)); }
  bool has(std::string_view key) const { return node().find(key) != nullptr; }
  std::string input_key() const { return "params." + param.key; }
};

struct AxisKind {
  std::string key;                      ///< that tells this kind from the others
  std::vector<std::string> other_keys;  ///< that it may have besides
  /// Makes the axis; null after an error.
  std::unique_ptr<Axis> (*make)(const AxisReading& axis);
  /// Reads its input, relative to the job's folder, on rank zero; null if it has none.
  std::string (*read)(const TomlNode& node, const std::string& folder);
};

std::unique_ptr<Axis> make_count(const AxisReading& axis) {
  const auto count = axis.reading.integer(axis.setting("count"), 1, INT64_MAX);
  return count ? make_count_axis(static_cast<std::uint64_t>(*count)) : nullptr;
}

/// { from, to, steps, log }
std::unique_ptr<Axis> make_points(const AxisReading& axis, double from, double to) {
  Reading& reading = axis.reading;
  const auto steps = reading.integer(axis.setting("steps"), 1, INT64_MAX);
  const auto is_log = axis.has("log") ? reading.boolean(axis.setting("log")) : std::optional(false);
  if (!steps || !is_log) return nullptr;
  if (*steps == 1 && from != to) {
    reading.wrong_value(axis.setting("steps"), "at least 2: both ends are points");
    return nullptr;
  }
  const auto count = static_cast<std::uint64_t>(*steps);
  if (!*is_log) return make_linear_axis(from, to, count);
  for (const std::string_view end : {"from", "to"}) {
    if ((end == "from" ? from : to) > 0) continue;
    reading.wrong_value(axis.setting(end), "greater than 0 in a logarithmic range");
    return nullptr;
  }
  return make_logarithmic_axis(from, to, count);
}

/// { from, to, step }
std::unique_ptr<Axis> make_strides(const AxisReading& axis, double from, double to) {
  Reading& reading = axis.reading;
  const auto step = reading.finite_number(axis.setting("step"));
  if (!step) return nullptr;
  if (axis.has("log")) {
    reading.error(axis.node().find("log")->place, "'log' needs 'steps' instead of 'step'");
    return nullptr;
  }
  if (*step == 0) {
    reading.wrong_value(axis.setting("step"), "other than 0");
    return nullptr;
  }
  if (*step > 0 ? from > to : from < to) {
    reading.wrong_value(
        axis.setting("step"),
        fmt::format("{} than 0 to lead from {} to {}", *step > 0 ? "less" : "greater",
                    canonical(axis.node().find("from")->node), canonical(axis.node().find("to")->node)));
    return nullptr;
  }
  const auto whole = [&](std::string_view key) { return axis.node().find(key)->node.is(Kind::integer); };
  const auto integer = [&](std::string_view key) { return axis.node().find(key)->node.integer; };
  if (whole("from") && whole("to") && whole("step")) {
    return make_step_axis(integer("from"), integer("to"), integer("step"));
  }
  return make_step_axis(from, to, *step);
}

std::unique_ptr<Axis> make_range(const AxisReading& axis) {
  Reading& reading = axis.reading;
  const auto incomplete = [&](const std::string& what) {
    if (axis.is_spelt_right) {
      reading.error(axis.node().place, fmt::format("the range '{}' {}", axis.param.key, what));
    }
    return nullptr;
  };
  if (!axis.has("to")) return incomplete("needs 'to'");
  const auto from = reading.finite_number(axis.setting("from"));
  const auto to = reading.finite_number(axis.setting("to"));
  if (!axis.has("steps") && !axis.has("step")) {
    return incomplete("needs 'steps' (a number of points) or 'step' (a distance)");
  }
  if (axis.has("steps") && axis.has("step")) {
    return incomplete("has both 'steps' (a number of points) and 'step' (a distance); it needs one of them");
  }
  if (!from || !to) return nullptr;
  return axis.has("steps") ? make_points(axis, *from, *to) : make_strides(axis, *from, *to);
}

std::unique_ptr<Axis> make_glob(const AxisReading& axis) {
  Reading& reading = axis.reading;
  const auto pattern = reading.text(axis.setting("glob"));
  if (!pattern) return nullptr;
  std::vector<Value> files;
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key != axis.input_key()) continue;
    for (std::size_t at = 0; at < input.data.size();) {
      const std::size_t end = std::min(input.data.find('\0', at), input.data.size());
      files.emplace_back(input.data.substr(at, end - at));
      at = end + 1;
    }
  }
  if (!files.empty()) return make_list_axis(std::move(files));
  reading.error(axis.setting("glob").place,
                fmt::format("no file matches '{}' in the folder '{}'", *pattern, reading.source.folder));
  return nullptr;
}

std::string read_glob(const TomlNode& node, const std::string& folder) {
  const TomlEntry* const pattern = node.find("glob");
  std::string data;
  if (!pattern->node.is(Kind::text)) return data;
  for (const std::string& file : find_files(pattern->node.text, folder)) {
    data += file;
    data += '\0';
  }
  return data;
}

const std::vector<AxisKind> kinds = {
    {"count", {}, make_count, nullptr},
    {"from", {"to", "steps", "step", "log"}, make_range, nullptr},
    {"glob", {}, make_glob, read_glob},
};

const AxisKind* find_kind(const TomlNode& node) {
  for (const AxisKind& kind : kinds) {
    if (node.find(kind.key) != nullptr) return &kind;
  }
  return nullptr;
}

std::vector<std::string> keys_of(const AxisKind& kind) {
  std::vector<std::string> keys = kind.other_keys;
  keys.insert(keys.begin(), kind.key);
  return keys;
}

std::unique_ptr<Axis> make_of_kind(AxisReading axis) {
  const std::string where = "[params." + axis.param.key + "]";
  if (const AxisKind* const kind = find_kind(axis.node())) {
    axis.is_spelt_right = axis.reading.check_keys(axis.node(), where, keys_of(*kind));
    return kind->make(axis);
  }
  std::vector<std::string> known;
  for (const AxisKind& kind : kinds) {
    for (const std::string& key : keys_of(kind)) known.push_back(key);
  }
  if (axis.reading.check_keys(axis.node(), where, known)) {
    axis.reading.error(
        axis.node().place,
        fmt::format("the axis '{}' needs 'count', 'from' and 'to', or 'glob'", axis.param.key));
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
      return make_of_kind({param, reading});
    case Kind::boolean:
    case Kind::time:
      break;
  }
  reading.wrong_type(setting_of(param), "a number, a string, a list or a table");
  return nullptr;
}

/// What makes the values of a param: of one that has an input, the input.
std::string identity_of(const TomlEntry& param, const Reading& reading) {
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key != "params." + param.key) continue;
    const auto files = std::count(input.data.begin(), input.data.end(), '\0');
    return fmt::format("{} {}, {}", files, files == 1 ? "file" : "files", stable_hash(input.data));
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

std::vector<JobSource::Input> read_inputs(const TomlNode& root, const std::string& folder) {
  std::vector<JobSource::Input> inputs;
  const TomlEntry* const params = root.find("params");
  if (params == nullptr) return inputs;
  for (const TomlEntry& param : params->node.entries) {
    const AxisKind* const kind = find_kind(param.node);
    if (kind != nullptr && kind->read != nullptr)
      inputs.push_back({"params." + param.key, kind->read(param.node, folder)});
  }
  return inputs;
}

}  // namespace fanfold
