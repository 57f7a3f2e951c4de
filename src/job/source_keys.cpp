// The keys of [task] that belong to its source: one function for each KeyKind.
#include <fmt/format.h>

#include <algorithm>

#include "job/task_section.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

bool starts_with_digit(const std::string& text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_of("+-*/%^()<>=?& |") == std::string::npos;
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

void read_number(const TomlEntry& entry, SourceArgument& argument, Reading& reading) {
  if (entry.node.is(Kind::text)) {
    if (auto program = reading.numeric_program(setting_of(entry))) argument.number = std::move(*program);
  } else if (const auto number = reading.finite_number(setting_of(entry))) {
    argument.number = Value(*number);
  }
}

/// A number as such, a text that says one in units, or an expression.
void read_quantity(const TomlEntry& entry, const SourceKey& key, SourceArgument& argument, Reading& reading) {
  const bool is_duration = key.kind == KeyKind::seconds;
  const bool is_expression =
      entry.node.is(Kind::text) &&
      !(is_duration ? parse_duration(entry.node.text).has_value() : parse_bytes(entry.node.text).has_value());
  if (is_expression && !starts_with_digit(entry.node.text)) {
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
  reading.check_keys(entry.node, "'" + entry.key + "'", {"file"});
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
      read_number(entry, argument, reading);
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
  }
  return argument;
}

/// A key that is not in [task] but is a param: as if it were given as "{name}", or as an expression.
void read_from_param(const SourceKey& key, const TaskReading& task) {
  Job& job = task.reading.job;
  const expr::Scope::Entry* const param = job.scope.find(key.name);
  const bool is_text = key.kind == KeyKind::text || key.kind == KeyKind::input;
  const bool is_number =
      key.kind == KeyKind::number || key.kind == KeyKind::seconds || key.kind == KeyKind::bytes;
  if (param == nullptr || (!is_text && !is_number)) return;
  TomlNode node;
  node.kind = Kind::text;
  node.text = is_text ? "{" + key.name + "}" : key.name;
  node.place = task.source_key->place;
  job.source->arguments.push_back(read_argument({key.name, node.place, node}, key, task.reading));
}

}  // namespace

void read_source(const TaskReading& task) {
  Job& job = task.reading.job;
  job.source.emplace();
  job.source->info = task.source;
  const std::vector<SourceKey>& keys = task.source->keys;
  for (const SourceKey& key : keys) {
    if (const TomlEntry* const entry = task.table().find(key.name)) {
      job.source->arguments.push_back(read_argument(*entry, key, task.reading));
      task.reading.identify("task." + key.name, canonical(entry->node));
    } else {
      read_from_param(key, task);
    }
  }
}

}  // namespace fanfold
