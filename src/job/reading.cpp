#include "job/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/nearest.hpp"
#include "expr/failure.hpp"
#include "job/group_count.hpp"
#include "reduce/entry_names.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

bool is_among(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Where a key that stands in the wrong table belongs: "in [run]"; empty if nowhere.
std::string_view home_of(const std::string& key, const SourceRegistry& sources) {
  if (is_among(run_keys(), key)) return "in [run]";
  if (is_among(top_level_keys(), key)) return "at the top level";
  const bool is_source =
      std::any_of(sources.begin(), sources.end(), [&](const SourceInfo* info) { return info->name == key; });
  return is_source || key == "kernel" || key == "cost" ? "in [task]" : "";
}

/// The params that have one value.
expr::Scope constant_params(const TaskSpace& space) {
  expr::Scope constants;
  ColumnBuffer value;
  for (std::size_t slot = 0; slot < space.param_count(); ++slot) {
    if (space.program(slot) != nullptr || space.axis(slot).size() != 1) continue;
    value.reset(space.type(slot), 1);
    space.axis(slot).fill(0, 1, value, 0);
    constants.add_constant(space.name(slot), value.view().value(0));
  }
  return constants;
}

/// A value that is wrong, for a message: a text in quotes, cut if it is long, or a number.
std::string text_of_value(const TomlNode& node) {
  if (node.is(Kind::text)) return expr::quoted(node.text);
  return to_text(node.is(Kind::integer) ? Value(node.integer) : Value(node.real));
}

/// The letters, digits and _ that stand there.
std::string name_at(const std::string& text, std::size_t offset) {
  constexpr const char* name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return text.substr(offset, text.find_first_not_of(name_characters, offset) - offset);
}

void collect_names(const expr::Node& node, std::vector<std::string>& names) {
  if (node.kind == expr::Node::Kind::name) names.push_back(node.name);
  for (const auto& child : node.children) collect_names(*child, names);
}

}  // namespace

Setting setting_of(const TomlEntry& entry) {
  return {entry.node, "'" + entry.key + "'", entry.node.place, std::string(describe(entry.node.kind))};
}

std::string listed(const std::vector<std::string>& words, std::string_view last) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    result += words[i];
  }
  return result;
}

void Reading::error(Place place, std::string message) {
  if (place.line == 0 && place.column > 0) {
    const auto& [key, text] = source.overrides.set[place.column - 1];
    message = fmt::format("--set {}={}: {}", key, text, message);
    place = {};
  }
  const bool is_said = std::ranges::any_of(
      diagnostics_, [&](const Diagnostic& each) { return each.place == place && each.message == message; });
  if (!is_said) diagnostics_.push_back({place, std::move(message)});
}

void Reading::error_in(const TomlNode& text, std::size_t offset, std::string message) {
  error(document.place_in(text, offset), std::move(message));
}

void Reading::wrong_type(const Setting& setting, std::string_view expected) {
  error(setting.place, fmt::format("{} must be {}, not {}", setting.label, expected, setting.found));
}

void Reading::wrong_value(const Setting& setting, std::string_view expected) {
  error(setting.place, fmt::format("{} must be {}", setting.label, expected));
}

void Reading::wrong_text(const Setting& setting, std::string_view expected, std::string_view hint) {
  wrong_value(setting, fmt::format("{}, not {}{}", expected, text_of_value(setting.node), hint));
}

std::optional<std::int64_t> Reading::integer(const Setting& setting, std::int64_t least, std::int64_t most) {
  if (!setting.node.is(Kind::integer)) {
    const double real = setting.node.real;
    const bool is_whole = setting.node.is(Kind::real) && std::abs(real) < 1e15 && real == std::trunc(real);
    error(setting.place,
          fmt::format("{} must be an integer, not {}{}", setting.label, setting.found,
                      is_whole ? fmt::format("; write {}", static_cast<std::int64_t>(real)) : ""));
    return std::nullopt;
  }
  const std::int64_t value = setting.node.integer;
  if (value < least) wrong_value(setting, fmt::format("at least {}, not {}", least, value));
  if (value > most) wrong_value(setting, fmt::format("at most {}, not {}", most, value));
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::optional<double> Reading::finite_number(const Setting& setting) {
  if (!setting.node.is_number()) {
    wrong_type(setting, "a number");
    return std::nullopt;
  }
  const double value =
      setting.node.is(Kind::real) ? setting.node.real : static_cast<double>(setting.node.integer);
  if (std::isfinite(value)) return value;
  wrong_value(setting, "finite");
  return std::nullopt;
}

std::optional<bool> Reading::boolean(const Setting& setting) {
  if (setting.node.is(Kind::boolean)) return setting.node.boolean;
  wrong_type(setting, "true or false");
  return std::nullopt;
}

std::optional<std::string> Reading::text(const Setting& setting) {
  if (setting.node.is(Kind::text)) return setting.node.text;
  wrong_type(setting, "a string");
  return std::nullopt;
}

std::optional<std::chrono::duration<double>> Reading::duration(const Setting& setting) {
  std::optional<std::chrono::duration<double>> result;
  if (setting.node.is(Kind::text)) {
    result = parse_duration(setting.node.text);
  } else if (setting.node.is_number()) {
    const double seconds =
        setting.node.is(Kind::real) ? setting.node.real : static_cast<double>(setting.node.integer);
    if (std::isfinite(seconds) && seconds >= 0) result = std::chrono::duration<double>(seconds);
  } else {
    wrong_type(setting, "a duration");
    return std::nullopt;
  }
  if (!result)
    wrong_text(setting, R"(a duration ("250ms", "30s", "5m", "1.5h", "2d" or a number of seconds))");
  return result;
}

std::optional<std::size_t> Reading::choice(const Setting& setting, const std::vector<std::string>& choices) {
  std::vector<std::string> written;
  for (const std::string& each : choices) written.push_back('"' + each + '"');
  const std::string expected = listed(written, "or");
  if (!setting.node.is(Kind::text)) {
    wrong_type(setting, expected);
    return std::nullopt;
  }
  const auto found = std::find(choices.begin(), choices.end(), setting.node.text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  wrong_text(setting, expected, did_you_mean(setting.node.text, choices));
  return std::nullopt;
}

std::optional<std::uint64_t> Reading::bytes(const Setting& setting) {
  std::optional<std::uint64_t> result;
  if (setting.node.is(Kind::text)) {
    result = parse_bytes(setting.node.text);
  } else if (setting.node.is(Kind::integer)) {
    if (setting.node.integer >= 0) result = static_cast<std::uint64_t>(setting.node.integer);
  } else {
    wrong_type(setting, "a size");
    return std::nullopt;
  }
  if (!result) wrong_text(setting, R"(a size ("500MB", "64MiB", "2GiB" or a number of bytes))");
  return result;
}

std::optional<Value> Reading::constant(const Setting& setting, Type type) {
  const TomlNode& node = setting.node;
  switch (type) {
    case Type::integer:
      if (const auto value = integer(setting, INT64_MIN, INT64_MAX)) return Value(*value);
      return std::nullopt;
    case Type::real:
      if (node.is(Kind::real)) return Value(node.real);
      if (node.is(Kind::integer)) return Value(static_cast<double>(node.integer));
      wrong_type(setting, "a number");
      return std::nullopt;
    case Type::text:
      if (const auto value = text(setting)) return Value(*value);
      return std::nullopt;
  }
  return std::nullopt;
}

bool Reading::check_keys(const TomlNode& table, std::string_view where,
                         const std::vector<std::string>& known) {
  bool are_known = true;
  for (const TomlEntry& entry : table.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    unknown_key(entry, where, known);
    are_known = false;
  }
  return are_known;
}

void Reading::unknown_key(const TomlEntry& entry, std::string_view where,
                          const std::vector<std::string>& known) {
  const std::string here = fmt::format("{} {}", where.front() == '[' ? "in" : "at", where);
  std::string hint = did_you_mean(entry.key, known);
  std::string key = entry.key;
  std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::string_view home = home_of(key, sources);
  if (hint.empty() && !home.empty() && home != here)
    hint = fmt::format("; {} belongs {}", key == entry.key ? "it" : "'" + key + "'", home);
  if (hint.empty()) hint = fmt::format("; known here: {}", listed(known));
  error(entry.place, fmt::format("unknown key '{}' {}{}", entry.key, here, hint));
}

void Reading::cannot_have(const std::string& name, Place place, const std::string& what,
                          const std::string& why) {
  error(place, fmt::format("'{}' cannot be the name of {}: {}", name, what, why));
  give_up(name);
}

bool Reading::claim(const std::string& name, Place place, const std::string& what) {
  if (!expr::is_identifier(name)) {
    cannot_have(name, place, what, "a name has letters, digits and _ only, and begins with no digit");
  } else if (expr::is_reserved(name)) {
    cannot_have(name, place, what, "it is a word of expressions");
  } else if (const auto [owner, is_new] = owners_.emplace(name, Owner{what, place}); !is_new) {
    cannot_have(name, place, what, owner->second.what + " has this name");
  } else {
    return true;
  }
  return false;
}

bool Reading::claim_result(const std::string& name, Place place, const std::string& what) {
  const auto [owner, is_new] = owners_.emplace(name, Owner{what, place});
  if (!is_new) cannot_have(name, owner->second.place, owner->second.what, what + " has this name");
  return is_new;
}

void Reading::give_up(const std::string& name, Type type) {
  if (job.scope.find(name) == nullptr) job.scope.add_column(name, type);
}

bool Reading::is_faulty(const std::string& name) const {
  return faulty_.count(name) > 0 || (results_unknown_ && job.scope.find(name) == nullptr);
}

bool Reading::mentions_faulty(const expr::Node& node) const {
  std::vector<std::string> names;
  collect_names(node, names);
  return std::any_of(names.begin(), names.end(), [this](const std::string& name) { return is_faulty(name); });
}

expr::Excuse Reading::excuse_faulty() const {
  return [this](const std::string& name) { return is_faulty(name); };
}

std::string Reading::text_cause(std::string_view param) const {
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    if (job.space.name(slot) != param || job.space.program(slot) != nullptr) continue;
    const std::string_view cause = job.space.axis(slot).text_cause();
    if (!cause.empty()) return fmt::format(" (because of {})", cause);
  }
  return {};
}

std::string Reading::text_cause_in(const std::string& expression) const {
  std::vector<std::string> names;
  collect_names(*expr::parse(expression).root, names);
  for (const std::string& name : names) {
    const std::string cause = text_cause(name);
    if (!cause.empty()) return fmt::format("; '{}' is text{}", name, cause);
  }
  return {};
}

void Reading::expression_error(const TomlNode& text, const expr::ExpressionError& error) {
  std::string message = error.what();
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    const std::string said = fmt::format("'{}' is text", job.space.name(slot));
    const std::size_t at = message.find(said);
    if (at != std::string::npos) message.insert(at + said.size(), text_cause(job.space.name(slot)));
  }
  error_in(text, error.offset(), std::move(message));
}

std::string Reading::further_down(const TomlNode& text, std::size_t offset) const {
  const auto is_of_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const auto begin = text.text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.text.size()));
  const std::string name(begin, std::find_if_not(begin, text.text.end(), is_of_name));
  for (const char* const section : {"params", "values"}) {
    if (text.place < fanfold::place_of(document.root(), section, name))
      return fmt::format("; '{}' stands further down: an expression knows what is above it", name);
  }
  return {};
}

bool Reading::has_right_names(const TomlNode& text, const std::vector<expr::ExpressionError>& wrong) {
  for (const expr::ExpressionError& error : wrong)
    error_in(text, error.offset(), error.what() + further_down(text, error.offset()));
  return wrong.empty();
}

std::optional<expr::Program> Reading::program(const TomlNode& text) {
  try {
    const expr::Ast ast = expr::parse(text.text);
    if (!has_right_names(text, expr::wrong_names(*ast.root, job.scope, excuse_faulty()))) return std::nullopt;
    if (mentions_faulty(*ast.root)) return std::nullopt;
    return expr::Program::compile(ast, job.scope);
  } catch (const expr::ExpressionError& error) {
    expression_error(text, error);
    return std::nullopt;
  }
}

std::optional<expr::Program> Reading::numeric_program(const Setting& setting) {
  std::optional<expr::Program> result = program(setting.node);
  if (result && result->type() == Type::text) {
    error(setting.place, fmt::format("{} must be a number, but the expression gives text{}", setting.label,
                                     text_cause_in(setting.node.text)));
    return std::nullopt;
  }
  if (result && result->type() == Type::integer) {
    return expr::Program::compile(as_real(expr::parse(setting.node.text)), job.scope);
  }
  return result;
}

std::optional<Template> Reading::make_template(const TomlNode& text, Template::Quoting quoting) {
  std::vector<Template::Param> params;
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    params.push_back({job.space.name(slot), job.space.type(slot)});
  }
  // A fault is written over with as many letters, which are right anywhere, so that the next one shows.
  std::string rest = text.text;
  for (bool is_right = true;;) {
    try {
      Template parsed(rest, params, quoting);
      return is_right ? std::optional(std::move(parsed)) : std::nullopt;
    } catch (const TemplateError& fault) {
      is_right = false;
      const std::string name = name_at(rest, fault.offset());
      const bool is_unknown = job.scope.find(name) == nullptr && !name.empty();
      const bool follows = faulty_.count(name) > 0 || (params_unknown_ && is_unknown);
      if (!follows) error_in(text, fault.offset(), fault.what());
      const std::size_t begin = rest.rfind('{', fault.offset());
      const std::size_t end = std::min(rest.find('}', fault.offset()), rest.size() - 1) + 1;
      rest.replace(begin, end - begin, end - begin, 'x');
    }
  }
}

void Reading::reduction(const TomlEntry& entry) {
  const TomlNode& text = entry.node;
  try {
    const expr::GroupedAst grouped = expr::parse_grouped(text.text);
    if (!has_right_names(text, reduce::wrong_names(grouped, job.scope, excuse_faulty()))) return;
    const bool by_faulty = std::any_of(grouped.keys.begin(), grouped.keys.end(),
                                       [this](const auto& key) { return is_faulty(key.name); });
    if (by_faulty || mentions_faulty(*grouped.ast.root)) return;
    job.reductions.add(entry.key, text.text, job.scope, job.param_slots, constant_params(job.space));
    if (makes_more_groups(job.space, job.reductions.last_param_keys(), reduce::most_groups)) {
      error_in(text, grouped.keys.front().offset,
               fmt::format("'{}' makes more than 1,000,000 groups; that is the most that fit", entry.key));
    }
  } catch (const expr::ExpressionError& error) {
    expression_error(text, error);
  }
}

expr::Ast as_real(expr::Ast ast) {
  auto call = std::make_unique<expr::Node>();
  call->kind = expr::Node::Kind::call;
  call->name = "real";
  call->offset = ast.root->offset;
  call->length = ast.root->length;
  call->children.push_back(std::move(ast.root));
  return {std::move(ast.text), std::move(call)};
}

}  // namespace fanfold
