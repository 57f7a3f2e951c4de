// The keys of [task] that belong to its source: one function for each KeyKind.
#include <fmt/format.h>

#include <algorithm>

#include "job/task_section.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// "5 parsecs": a number and a word, which is no expression.
bool looks_like_quantity(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto* const word = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto* const letters = word != text.end() && *word == ' ' ? word + 1 : word;
  return word != text.begin() && letters != text.end() && std::all_of(letters, text.end(), is_letter);
}

void read_template(const TomlNode& node, const std::string& name, Template::Quoting quoting,
                   SourceArgument& argument, Reading& reading) {
  if (auto parsed = reading.make_template(node, quoting))
    argument.templates.emplace_back(name, std::move(*parsed));
}

void read_text(const TomlEntry& entry, Template::Quoting quoting, SourceArgument& argument,
               Reading& reading) {
  if (reading.text(setting_of(entry))) read_template(entry.node, "", quoting, argument, reading);
}

void read_arguments(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (!entry.node.is(Kind::list)) {
    return reading.wrong_type(setting_of(entry), R"(a list of strings, ["program", "argument"])");
  }
  if (entry.node.items.empty()) {
    return reading.wrong_value(setting_of(entry), "a list with a program and its arguments; it is empty");
  }
  for (const TomlNode& item : entry.node.items) {
    if (item.is(Kind::text)) {
      read_template(item, "", Template::Quoting::none, argument, reading);
    } else {
      reading.error(item.place, fmt::format("'{}' must be a list of strings; this is {}", entry.key,
                                            describe(item.kind)));
    }
  }
}

void read_strings(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (!entry.node.is(Kind::table)) return reading.wrong_type(setting_of(entry), "a table of strings");
  for (const TomlEntry& each : entry.node.entries) {
    if (reading.text(setting_of(each))) {
      read_template(each.node, each.key, Template::Quoting::none, argument, reading);
    }
  }
}

std::optional<Operand> number_of(const Setting& setting, Reading& reading) {
  if (setting.node.is(Kind::text)) {
    if (auto program = reading.numeric_program(setting)) return std::move(*program);
  } else if (const auto number = reading.finite_number(setting)) {
    return Value(*number);
  }
  return std::nullopt;
}

void read_number(const TomlEntry& entry, const SourceKey& key, SourceArgument& argument, Reading& reading) {
  argument.number = number_of(setting_of(entry), reading);
  if (!argument.number || !key.minimum || entry.node.is(Kind::text)) return;
  const double number = std::get<double>(std::get<Value>(*argument.number));
  if (number >= *key.minimum) return;
  reading.wrong_text(setting_of(entry), fmt::format("at least {}", *key.minimum));
}

void read_range(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (!entry.node.is(Kind::list) || entry.node.items.size() != 2) {
    return reading.wrong_type(setting_of(entry),
                              "a list of two numbers, the first and the end: [0, 1048576]");
  }
  for (const TomlNode& item : entry.node.items) {
    if (auto number = number_of(setting_of({entry.key, item.place, item}), reading)) {
      argument.range.push_back(std::move(*number));
    }
  }
}

/// A block of a file has the path and the range in itself: nothing can be put before it or after it.
void read_path(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  read_text(entry, Template::Quoting::none, argument, reading);
  if (argument.templates.empty()) return;
  const Template& path = argument.templates.front().second;
  for (const std::size_t slot : path.slots()) {
    const TaskSpace& space = reading.job.space;
    if (space.program(slot) != nullptr || space.axis(slot).blocks() == nullptr || path.sole_param()) continue;
    reading.error_in(
        entry.node, 0,
        fmt::format("'{0}' is a block of a file: write {1} = \"{{{0}}}\"", space.name(slot), entry.key));
  }
}

/// A number as such, a text that says one in units, or an expression.
void read_quantity(const TomlEntry& entry, const SourceKey& key, SourceArgument& argument, Reading& reading) {
  const bool is_duration = key.kind == KeyKind::seconds;
  const std::string& text = entry.node.text;
  const bool is_quantity = looks_like_quantity(text) || parse_duration(text) || parse_bytes(text);
  if (entry.node.is(Kind::text) && !is_quantity) {
    if (auto program = reading.numeric_program(setting_of(entry))) argument.number = std::move(*program);
  } else if (is_duration) {
    if (const auto value = reading.duration(setting_of(entry))) argument.number = Value(value->count());
  } else if (const auto value = reading.bytes(setting_of(entry))) {
    argument.number = Value(static_cast<double>(*value));
  }
}

/// A text, or { file = "path" }.
void read_input(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (!entry.node.is(Kind::table)) {
    if (!entry.node.is(Kind::text))
      return reading.wrong_type(setting_of(entry), "a string, or { file = \"path\" }");
    return read_template(entry.node, "", Template::Quoting::none, argument, reading);
  }
  if (!reading.check_keys(entry.node, "'" + entry.key + "'", {"file"})) return;
  const TomlEntry* const file = entry.node.find("file");
  if (file == nullptr) return reading.wrong_value(setting_of(entry), "a string, or { file = \"path\" }");
  if (reading.text(setting_of(*file)))
    read_template(file->node, "file", Template::Quoting::none, argument, reading);
}

void read_integers(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (entry.node.is(Kind::integer)) {
    argument.integers.push_back(entry.node.integer);
    return;
  }
  if (!entry.node.is(Kind::list)) return reading.wrong_type(setting_of(entry), "a list of integers");
  for (const TomlNode& item : entry.node.items) {
    if (item.is(Kind::integer)) {
      argument.integers.push_back(item.integer);
    } else {
      reading.error(item.place, fmt::format("'{}' must be a list of integers; this is {}", entry.key,
                                            describe(item.kind)));
    }
  }
}

void check_text(const TomlEntry& entry, const SourceKey& key, Reading& reading) {
  if (key.fault == nullptr || !entry.node.is(Kind::text)) return;
  if (const std::string fault = key.fault(entry.node.text); !fault.empty())
    reading.error(entry.node.place, fault);
}

SourceArgument read_argument(const TomlEntry& entry, const SourceKey& key, Reading& reading) {
  SourceArgument argument;
  argument.name = key.name;
  switch (key.kind) {
    case KeyKind::text:
      read_text(entry, Template::Quoting::none, argument, reading);
      break;
    case KeyKind::shell:
      read_text(entry, Template::Quoting::shell, argument, reading);
      break;
    case KeyKind::arguments:
      read_arguments(entry, argument, reading);
      break;
    case KeyKind::number:
      read_number(entry, key, argument, reading);
      break;
    case KeyKind::duration:
      if (const auto duration = reading.duration(setting_of(entry))) argument.duration = *duration;
      break;
    case KeyKind::strings:
      read_strings(entry, argument, reading);
      break;
    case KeyKind::integers:
      read_integers(entry, argument, reading);
      break;
    case KeyKind::seconds:
    case KeyKind::bytes:
      read_quantity(entry, key, argument, reading);
      break;
    case KeyKind::input:
      read_input(entry, argument, reading);
      break;
    case KeyKind::statement:
      read_text(entry, Template::Quoting::sql, argument, reading);
      break;
    case KeyKind::file:
      read_path(entry, argument, reading);
      break;
    case KeyKind::range:
      read_range(entry, argument, reading);
      break;
    case KeyKind::boolean:
      argument.boolean = reading.boolean(setting_of(entry)).value_or(false);
      break;
  }
  return argument;
}

/// What is started once, for many tasks, can have nothing of a single one in its keys.
void check_serves_tasks(const TomlNode& node, const SourceKey& key, Reading& reading) {
  if (node.is(Kind::text)) {
    const auto parsed = reading.make_template(node, Template::Quoting::none);
    const std::string name = parsed ? parsed->task_name() : "";
    if (name.empty()) return;
    reading.error(node.place,
                  fmt::format("'{}' cannot use {{{}}}: the program is started once for many tasks, "
                              "and gets params, index and seed with each",
                              key.name, name));
  }
  for (const TomlNode& item : node.items) check_serves_tasks(item, key, reading);
  for (const TomlEntry& each : node.entries) check_serves_tasks(each.node, key, reading);
}

/// A key that is not in [task] but is a param: as if it were given as "{name}", or as an expression. False if
/// there is no such param, or it is none that a key can be made of.
bool read_from_param(const SourceKey& key, const TaskReading& task) {
  Job& job = task.reading.job;
  const expr::Scope::Entry* const param = job.scope.find(key.name);
  const bool is_text = key.kind == KeyKind::text || key.kind == KeyKind::input || key.kind == KeyKind::file;
  const bool is_number =
      key.kind == KeyKind::number || key.kind == KeyKind::seconds || key.kind == KeyKind::bytes;
  if (param == nullptr || (!is_text && !is_number)) return false;
  TomlNode node;
  node.kind = Kind::text;
  node.text = is_text ? "{" + key.name + "}" : key.name;
  node.place = task.source_key->place;
  job.source->arguments.push_back(read_argument({key.name, node.place, node}, key, task.reading));
  return true;
}

/// A needed key is nowhere. Where it seems to be misspelt, or wrong in [params], that was said already.
void report_missing(const SourceKey& key, const TaskReading& task) {
  const bool is_misspelt = std::ranges::find(task.misspelt, key.name) != task.misspelt.end();
  if (is_misspelt || task.reading.is_faulty(key.name)) return;
  task.reading.error(task.source_key->place, fmt::format("[task] with '{}' needs '{}': {}", task.source->name,
                                                         key.name, key.description));
}

}  // namespace

void read_source(const TaskReading& task) {
  Job& job = task.reading.job;
  job.source.emplace();
  job.source->info = task.source;
  const std::vector<SourceKey>& keys = task.source->keys;
  for (const SourceKey& key : keys) {
    if (const TomlEntry* const entry = task.table().find(key.name)) {
      const std::size_t errors = task.reading.diagnostics().size();
      job.source->arguments.push_back(read_argument(*entry, key, task.reading));
      check_text(*entry, key, task.reading);
      if (task.source->serves_tasks && task.reading.diagnostics().size() == errors)
        check_serves_tasks(entry->node, key, task.reading);
      if (key.effect != KeyEffect::policy) task.reading.identify("task." + key.name, canonical(entry->node));
    } else if (!task.source->serves_tasks && !read_from_param(key, task) && key.is_needed) {
      report_missing(key, task);
    }
  }
}

}  // namespace fanfold
