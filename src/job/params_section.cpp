// [params]: one kind of axis is one entry of the table `kinds`.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/stable_hash.hpp"
#include "job/axis_kind.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

std::optional<expr::Program> read_computed_param(const AxisReading& axis) {
  const Setting setting = axis.setting("expr");
  if (setting.node.is(Kind::text)) return axis.reading.program(setting.node);
  axis.reading.wrong_type(setting, "an expression of the params above (a string)");
  return std::nullopt;
}

AxisKind simple(std::string key, std::vector<std::string> other_keys,
                std::unique_ptr<Axis> (*make)(const AxisReading&)) {
  return {std::move(key), std::move(other_keys), {}, make};
}

/// The first whose key an axis has is its kind.
const std::vector<AxisKind> kinds = {
    simple("uniform", {"count"}, read_uniform_axis),
    simple("normal", {"count"}, read_normal_axis),
    simple("log_uniform", {"count"}, read_log_uniform_axis),
    simple("sample", {"from", "to"}, read_sample_axis),
    simple("count", {}, read_count_axis),
    simple("from", {"to", "steps", "step", "log"}, read_range_axis),
    {"glob", {}, "file", read_glob_axis, read_glob_input},
    {"lines", {}, "line", read_lines_axis, read_lines_input},
    {"blocks", {"size", "header"}, "block", read_blocks_axis, read_blocks_input},
    {"csv", {"as"}, "row", nullptr, read_csv_input, read_csv_columns},
    {"zip", {}, {}, nullptr, nullptr, read_zip_columns},
    {"expr", {}, {}, nullptr, nullptr, nullptr, read_computed_param},
};

std::vector<std::string> keys_of(const AxisKind& kind) {
  std::vector<std::string> keys = kind.other_keys;
  keys.insert(keys.begin(), kind.key);
  return keys;
}

/// Checks the keys of a table. The kind; null after an error.
const AxisKind* check_kind(AxisReading& axis) {
  const std::string where = "[" + axis.path + "]";
  if (const AxisKind* const kind = find_axis_kind(axis.node())) {
    axis.is_spelt_right = axis.reading.check_keys(axis.node(), where, keys_of(*kind));
    return kind;
  }
  std::vector<std::string> known;
  std::vector<std::string> telling;
  for (const AxisKind& kind : kinds) {
    for (const std::string& key : keys_of(kind)) {
      if (std::ranges::find(known, key) == known.end()) known.push_back(key);
    }
    telling.push_back("'" + kind.key + "'");
  }
  if (axis.reading.check_keys(axis.node(), where, known)) {
    axis.reading.error(axis.node().place,
                       fmt::format("the axis '{}' needs {}", axis.entry.key, listed(telling, "or")));
  }
  return nullptr;
}

/// An axis of a zip, say, can be no table and nothing computed.
std::unique_ptr<Axis> make_of_kind(AxisReading axis) {
  const AxisKind* const kind = check_kind(axis);
  if (kind == nullptr) return nullptr;
  if (kind->make != nullptr) return kind->make(axis);
  axis.reading.error(axis.node().place,
                     fmt::format("'{}' must be one axis; '{}' cannot be zipped", axis.entry.key, kind->key));
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

/// The kind of an axis that is made of a file or of what a glob finds; null: --set has put something else in
/// its place.
const AxisKind* kind_with_input(const TomlNode& node) {
  const AxisKind* const kind = node.is(Kind::table) ? find_axis_kind(node) : nullptr;
  return kind != nullptr && kind->read != nullptr ? kind : nullptr;
}

/// What makes the values of an axis: of one that has inputs, these.
std::string identity_of(const TomlEntry& param, const std::string& path, std::uint64_t size,
                        const Reading& reading) {
  std::string identity;
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key != path && !input.key.starts_with(path + ".")) continue;
    if (input.key != path) return canonical(param.node) + ", " + stable_hash(*input.data);
    const AxisKind* const kind = kind_with_input(param.node);
    if (kind == nullptr) break;
    // A file that is too big to be read for this: its size and the time of its last change.
    if (kind->key == "blocks") return canonical(param.node) + ", " + *input.data;
    identity = fmt::format("{} {}{}, {}", size, kind->noun, size == 1 ? "" : "s", stable_hash(*input.data));
    if (const TomlEntry* const names = param.node.find("as")) identity += ", " + canonical(names->node);
    return identity;
  }
  return canonical(param.node);
}

void too_many_tasks(const TomlEntry& param, Reading& reading) {
  reading.error(param.place, fmt::format("with '{}' the job has more than 2^63-1 tasks", param.key));
}

void add_axis(const TomlEntry& param, const std::string& path, Reading& reading) {
  const bool has_name = reading.claim(param.key, param.place, "a param");
  std::unique_ptr<Axis> axis = read_axis(param, reading, path);
  if (!has_name) return;
  if (axis == nullptr) return reading.give_up(param.key);
  try {
    const Type type = axis->type();
    const std::uint64_t size = axis->size();
    reading.job.space.add(param.key, std::move(axis));
    reading.job.scope.add_column(param.key, type);
    reading.identify(path, identity_of(param, path, size, reading));
  } catch (const std::overflow_error&) {
    reading.give_up(param.key);
    too_many_tasks(param, reading);
  }
}

void add_columns(const TomlEntry& param, std::vector<ParamColumn> columns, const std::string& path,
                 Reading& reading) {
  std::vector<TaskSpace::NamedAxis> axes;
  bool are_right = !columns.empty();
  for (ParamColumn& column : columns) {
    const bool has_name = reading.claim(column.name, column.place, "a param");
    if (column.axis == nullptr) reading.give_up(column.name);
    if (has_name && column.axis != nullptr) axes.push_back({column.name, std::move(column.axis)});
    are_right = are_right && has_name;
  }
  if (!are_right || axes.size() != columns.size()) return reading.give_up_params();
  try {
    const std::uint64_t size = axes.front().axis->size();
    std::vector<Type> types;
    for (const auto& each : axes) types.push_back(each.axis->type());
    reading.job.space.add_together(std::move(axes));
    for (std::size_t i = 0; i < columns.size(); ++i) reading.job.scope.add_column(columns[i].name, types[i]);
    reading.identify(path, identity_of(param, path, size, reading));
  } catch (const std::overflow_error&) {
    reading.give_up_params();
    too_many_tasks(param, reading);
  }
}

/// What fails for one task fails for all.
void check_computed(const TomlEntry& param, Reading& reading) {
  const std::size_t slot = reading.job.space.param_count() - 1;
  ColumnBuffer value;
  value.reset(reading.job.space.type(slot), 1);
  RowFailures failures;
  failures.reset(1);
  reading.job.space.fill(slot, TaskIndex(0), 1, value, 0, &failures);
  if (failures.any()) reading.error_in(param.node.find("expr")->node, 0, failures.failures().front().reason);
}

void add_computed(const TomlEntry& param, std::optional<expr::Program> program, const std::string& path,
                  Reading& reading) {
  const bool has_name = reading.claim(param.key, param.place, "a param");
  if (!program) reading.give_up(param.key);
  if (!program || !has_name) return;
  TaskSpace& space = reading.job.space;
  const bool is_constant = std::ranges::all_of(program->slots(), [&space](std::size_t slot) {
    return space.program(slot) == nullptr && space.axis(slot).size() == 1;
  });
  reading.job.scope.add_column(param.key, program->type());
  space.add_computed(param.key, std::move(*program));
  if (is_constant) check_computed(param, reading);
  reading.identify(path, canonical(param.node));
}

void add_param(const TomlEntry& param, Reading& reading) {
  AxisReading axis{param, reading, "params." + param.key};
  const AxisKind* const kind = param.node.is(Kind::table) ? find_axis_kind(param.node) : nullptr;
  if (kind == nullptr || kind->make != nullptr) return add_axis(param, axis.path, reading);
  check_kind(axis);
  if (kind->make_columns != nullptr) return add_columns(param, kind->make_columns(axis), axis.path, reading);
  add_computed(param, kind->make_program(axis), axis.path, reading);
}

void read_inputs_of(const TomlEntry& param, const std::string& path, InputReader& reader,
                    std::vector<JobSource::Input>& inputs) {
  const AxisKind* const kind = find_axis_kind(param.node);
  if (kind == nullptr) return;
  const TomlNode& value = param.node.find(kind->key)->node;
  if (kind->key == "zip") {
    for (const TomlEntry& zipped : value.entries)
      read_inputs_of(zipped, path + "." + zipped.key, reader, inputs);
  }
  if (kind->read == nullptr || !value.is(Kind::text)) return;
  try {
    inputs.emplace_back(path, kind->read(value.text, reader));
  } catch (const UsageError& error) {
    inputs.emplace_back(path, "");
    inputs.back().error = error.what();
  }
}

}  // namespace

const AxisKind* find_axis_kind(const TomlNode& node) {
  for (const AxisKind& kind : kinds) {
    if (node.find(kind.key) != nullptr) return &kind;
  }
  return nullptr;
}

std::unique_ptr<Axis> read_axis(const TomlEntry& param, Reading& reading, const std::string& path) {
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
      return make_of_kind({param, reading, path});
    case Kind::boolean:
    case Kind::time:
      break;
  }
  reading.wrong_type(setting_of(param), "a number, a string, a list or a table");
  return nullptr;
}

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
  for (const TomlEntry& param : params->node.entries)
    read_inputs_of(param, "params." + param.key, reader, inputs);
  return inputs;
}

}  // namespace fanfold
