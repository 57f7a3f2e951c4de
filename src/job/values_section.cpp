// [values] and [reduce]: names computed for each task, and what is made of them.
#include <fmt/format.h>
#include <re2/re2.h>

#include <array>

#include "core/nearest.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// RFC 6901: empty, or parts that each begin with a slash; ~ only as ~0 and ~1.
void check_pointer(const TomlNode& node, Reading& reading) {
  const std::string& pointer = node.text;
  if (!pointer.empty() && pointer.front() != '/') {
    return reading.error_in(node, 0,
                            fmt::format("a JSON pointer begins with '/'; did you mean '/{}'?", pointer));
  }
  for (std::size_t at = pointer.find('~'); at != std::string::npos; at = pointer.find('~', at + 1)) {
    const char next = at + 1 < pointer.size() ? pointer[at + 1] : ' ';
    if (next == '0' || next == '1') continue;
    return reading.error_in(node, at, "in a JSON pointer '~' is written '~0' ('/' in a name '~1')");
  }
}

void check_regex(const TomlNode& node, Reading& reading) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(node.text, options);
  if (!regex.ok())
    reading.error_in(node, 0, fmt::format("the regular expression is not valid: {}", regex.error()));
}

/// `type` of an entry with json or regex.
Type read_type(const TomlNode& table, Reading& reading) {
  const TomlEntry* const entry = table.find("type");
  if (entry == nullptr) return Type::real;
  const auto name = reading.text(setting_of(*entry));
  if (!name) return Type::real;
  for (const Type type : {Type::integer, Type::real, Type::text}) {
    if (*name == name_of(type)) return type;
  }
  reading.wrong_text(setting_of(*entry), R"("text", "integer" or "real")",
                     did_you_mean(*name, {"text", "integer", "real"}));
  return Type::real;
}

/// The keys that say how a value is read from an output.
constexpr std::array<std::string_view, 3> extractions = {"json", "regex", "column"};

std::vector<const TomlEntry*> extractions_of(const TomlNode& table) {
  std::vector<const TomlEntry*> given;
  for (const std::string_view key : extractions) {
    if (const TomlEntry* const entry = table.find(key)) given.push_back(entry);
  }
  return given;
}

/// { json = "/loss" }, { regex = '…' } or { column = "loss" }
std::optional<ValueSpec> read_extraction(const TomlEntry& value, Reading& reading) {
  const TomlNode& table = value.node;
  reading.check_keys(table, "[values." + value.key + "]", {"json", "regex", "column", "type"});
  const std::vector<const TomlEntry*> given = extractions_of(table);
  if (given.size() != 1) {
    reading.error(table.place,
                  fmt::format("'{}' needs {}", value.key,
                              given.empty() ? "'json', 'regex' or 'column'"
                                            : "one of 'json', 'regex' and 'column', not several"));
    return std::nullopt;
  }
  const TomlEntry& how = *given.front();
  const Type type = read_type(table, reading);
  const auto text = reading.text(setting_of(how));
  if (!text) return std::nullopt;
  if (how.key == "json") {
    check_pointer(how.node, reading);
    return ValueSpec{value.key, 0, type, ValueSpec::Json{*text}};
  }
  if (how.key == "column") return ValueSpec{value.key, 0, type, ValueSpec::Column{*text}};
  check_regex(how.node, reading);
  return ValueSpec{value.key, 0, type, ValueSpec::Regex{*text}};
}

/// What they read must be there.
void check_has_output(const TomlEntry& value, const Reading& before, Reading& reading) {
  const std::vector<const TomlEntry*> given = extractions_of(value.node);
  const Job& job = before.job;
  if (given.empty() || (job.source && job.source->info->has_output)) return;
  const TomlEntry* const how = given.front();
  const std::string why = job.source ? fmt::format("the source '{}' has no output", job.source->info->name)
                                     : std::string("the task has no source");
  reading.error(how->place, fmt::format("'{}' reads a source's output, but {}", how->key, why));
}

std::optional<ValueSpec> read_value(const TomlEntry& value, Reading& reading) {
  if (value.node.is(Kind::table)) {
    check_has_output(value, reading, reading);
    return read_extraction(value, reading);
  }
  if (!value.node.is(Kind::text)) {
    reading.wrong_type(setting_of(value),
                       "an expression (a string) or a table with 'json', 'regex' or 'column'");
    return std::nullopt;
  }
  auto program = reading.program(value.node);
  if (!program) return std::nullopt;
  const Type type = program->type();
  return ValueSpec{value.key, 0, type, std::move(*program)};
}

}  // namespace

void read_values(const TomlEntry& section, Reading& reading) {
  Job& job = reading.job;
  for (const TomlEntry& value : section.node.entries) {
    std::optional<ValueSpec> spec = read_value(value, reading);
    const bool has_name = reading.claim(value.key, value.place, "a value");
    if (!spec) reading.give_up(value.key);
    if (!spec || !has_name) continue;
    spec->slot = job.scope.add_column(value.key, spec->type);
    job.values.push_back(std::move(*spec));
    reading.identify("values." + value.key, canonical(value.node));
  }
}

void read_reduce(const TomlEntry& section, Reading& reading) {
  for (const TomlEntry& entry : section.node.entries) {
    if (entry.node.is(Kind::text)) {
      reading.reduction(entry);
    } else {
      reading.wrong_type(setting_of(entry), "an expression (a string)");
    }
  }
}

}  // namespace fanfold
