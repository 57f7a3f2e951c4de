#include "exec/output_values.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/nearest.hpp"
#include "exec/csv_row.hpp"
#include "exec/program_source.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::json;

/// What a task's output or its entry in [values] got wrong.
class ValueError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A real that is an exact int64; 2^63 as a double is the first that is none.
std::optional<std::int64_t> integer_of(double real) {
  if (!(std::trunc(real) == real) || real < -0x1p63 || real >= 0x1p63) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

Value from_text(std::string_view text, Type type) {
  if (type == Type::text) return std::string(text);
  if (type == Type::integer) {
    std::int64_t integer = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    if (error == std::errc{} && end == text.data() + text.size()) return integer;
  }
  const std::optional<double> real = number_in(text);
  if (!real) throw ValueError(fmt::format("'{}' is not a number", excerpt(text)));
  if (type == Type::real) return *real;
  const std::optional<std::int64_t> integer = integer_of(*real);
  if (!integer) throw ValueError(fmt::format("'{}' is not an integer", excerpt(text)));
  return *integer;
}

/// null is NaN: that is how JavaScript and others write one. true and false are 1 and 0.
Value from_json(const Json& json, Type type) {
  if (type == Type::text) return json.is_string() ? json.get<std::string>() : json.dump();
  if (json.is_string()) return from_text(json.get_ref<const std::string&>(), type);
  if (json.is_null() && type == Type::real) return std::numeric_limits<double>::quiet_NaN();
  if (!json.is_number() && !json.is_boolean()) {
    throw ValueError(fmt::format("{} is not a number", excerpt(json.dump())));
  }
  if (type == Type::real) return json.is_boolean() ? (json.get<bool>() ? 1.0 : 0.0) : json.get<double>();
  if (json.is_boolean()) return std::int64_t{json.get<bool>()};
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    throw ValueError(fmt::format("{} is beyond the integers of 64 bits", json.dump()));
  }
  if (json.is_number_integer()) return json.get<std::int64_t>();
  const std::optional<std::int64_t> integer = integer_of(json.get<double>());
  if (!integer) throw ValueError(fmt::format("{} is not an integer", json.dump()));
  return *integer;
}

Json parse_json(std::string_view output) {
  Json document = Json::parse(output, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) throw ValueError(fmt::format("its output is not JSON: '{}'", excerpt(output)));
  return document;
}

std::string_view last_match(const RE2& pattern, std::string_view output) {
  const re2::StringPiece text(output.data(), output.size());
  std::array<re2::StringPiece, 2> groups;
  const int group_count = pattern.NumberOfCapturingGroups() > 0 ? 2 : 1;
  std::optional<re2::StringPiece> last;
  for (std::size_t start = 0; start <= text.size();) {
    if (!pattern.Match(text, start, text.size(), RE2::UNANCHORED, groups.data(), group_count)) break;
    last = groups[static_cast<std::size_t>(group_count) - 1];
    const std::size_t end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    start = groups[0].empty() ? end + 1 : end;
  }
  if (!last) throw ValueError(fmt::format("nothing matches '{}' in its output", pattern.pattern()));
  return {last->data(), last->size()};
}

/// A cell of the only row. NULL is NaN, and the empty text.
Value from_table(const CsvRow& table, const std::string& column, Type type) {
  if (table.rows != 1) {
    throw ValueError(fmt::format("its output has {}, not one", table.rows == 0 ? "no row" : "several rows"));
  }
  const auto name = std::ranges::find(table.names, column);
  const auto index = static_cast<std::size_t>(name - table.names.begin());
  if (name == table.names.end() || index >= table.cells.size()) {
    throw ValueError(
        fmt::format("its output has no column '{}'{}", column, did_you_mean(column, table.names)));
  }
  const std::optional<std::string>& cell = table.cells[index];
  if (cell) return from_text(*cell, type);
  if (type == Type::integer) throw ValueError("it is NULL, which is no integer");
  return type == Type::real ? Value(std::numeric_limits<double>::quiet_NaN()) : Value(std::string());
}

/// What several entries read, parsed once.
struct Parsed {
  std::optional<Json> document;
  std::optional<CsvRow> table;
};

}  // namespace

struct OutputValues::Entry {
  const ValueSpec* spec;
  std::unique_ptr<RE2> pattern;  // one of the three
  std::optional<Json::json_pointer> pointer;
  const std::string* column;

  Value read(std::string_view output, Parsed& parsed) const {
    if (pattern) return from_text(last_match(*pattern, output), spec->type);
    if (column != nullptr) {
      if (!parsed.table) parsed.table = read_csv_row(output);
      return from_table(*parsed.table, *column, spec->type);
    }
    std::optional<Json>& document = parsed.document;
    if (!document) document = parse_json(output);
    if (!document->contains(*pointer)) {
      throw ValueError(fmt::format("its output has nothing at '{}'", pointer->to_string()));
    }
    return from_json(document->at(*pointer), spec->type);
  }
};

OutputValues::OutputValues(const Job& job) {
  if (job.source && job.source->info->may_echo_secrets) secrets_.emplace(job);
  for (const ValueSpec& value : job.values) {
    if (const auto* regex = std::get_if<ValueSpec::Regex>(&value.how)) {
      auto pattern = std::make_unique<RE2>(regex->pattern, RE2::Quiet);
      assert(pattern->ok() && "open_job checks patterns");
      entries_.push_back({&value, std::move(pattern), std::nullopt, nullptr});
    } else if (const auto* json = std::get_if<ValueSpec::Json>(&value.how)) {
      entries_.push_back({&value, nullptr, Json::json_pointer(json->pointer), nullptr});
    } else if (const auto* column = std::get_if<ValueSpec::Column>(&value.how)) {
      entries_.push_back({&value, nullptr, std::nullopt, &column->name});
    }
  }
}

OutputValues::~OutputValues() = default;

std::optional<std::string> OutputValues::read(
    std::string_view output, const std::function<void(std::size_t slot, Value value)>& set) const {
  Parsed parsed;
  for (const Entry& entry : entries_) {
    try {
      Value value = entry.read(output, parsed);
      auto* const text = std::get_if<std::string>(&value);
      if (secrets_ && text != nullptr) *text = secrets_->conceal(std::move(*text));
      set(entry.spec->slot, std::move(value));
    } catch (const ValueError& error) {
      return fmt::format("value '{}': {}", entry.spec->name, error.what());
    } catch (const Json::exception& error) {
      return fmt::format("value '{}': {}", entry.spec->name, error.what());
    }
  }
  return std::nullopt;
}

}  // namespace fanfold
