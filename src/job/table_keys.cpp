// The keys of what makes several params that advance together: csv and zip.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/nearest.hpp"
#include "core/overloaded.hpp"
#include "job/axis_kind.hpp"
#include "job/csv_table.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// as = { "site id" = "site" }: new names by old ones.
struct Renaming {
  std::map<std::string, const TomlEntry*> by_header;
  bool is_right = true;
};

Renaming read_renaming(const AxisReading& axis, const CsvTable& table) {
  Renaming renaming;
  if (!axis.has("as")) return renaming;
  const Setting setting = axis.setting("as");
  if (!setting.node.is(Kind::table)) {
    axis.reading.wrong_type(setting, "a table of new names by headers, such as { \"site id\" = \"site\" }");
    renaming.is_right = false;
    return renaming;
  }
  std::vector<std::string> headers;
  for (const CsvColumn& column : table.columns) headers.push_back(column.name);
  for (const TomlEntry& entry : setting.node.entries) {
    if (std::find(headers.begin(), headers.end(), entry.key) == headers.end()) {
      axis.reading.error(entry.place, fmt::format("no column has the name '{}'{}", entry.key,
                                                  did_you_mean(entry.key, headers)));
      renaming.is_right = false;
    } else if (!axis.reading.text(setting_of(entry))) {
      renaming.is_right = false;
    } else {
      renaming.by_header[entry.key] = &entry;
    }
  }
  return renaming;
}

std::unique_ptr<Axis> axis_of(CsvColumn& column, const std::shared_ptr<const std::string>& owner,
                              const std::string& file) {
  return std::visit(Overloaded{
                        [&](std::vector<std::string_view>& texts) {
                          return make_text_axis(std::move(texts), owner,
                                                fmt::format("{} of '{}'", column.text_cause, file));
                        },
                        [](auto& numbers) { return make_number_axis(std::move(numbers)); },
                    },
                    column.cells);
}

/// Holds both texts that cells view into.
std::shared_ptr<const std::string> owner_of(const CsvTable& table) {
  using Texts = std::pair<std::shared_ptr<const std::string>, std::shared_ptr<const std::string>>;
  const auto both = std::make_shared<const Texts>(table.text, table.quoted);
  return {both, both->first.get()};
}

std::optional<CsvTable> read_table(const AxisReading& axis, const std::string& file,
                                   const JobSource::Input& input) {
  try {
    if (input.data->starts_with("\xFF\xFE") || input.data->starts_with("\xFE\xFF"))
      throw UsageError("line 1: it is in UTF-16: save it in UTF-8");
    CsvTable table = read_csv(input.data);
    if (table.rows > 0) return table;
    axis.reading.error(axis.setting("csv").place,
                       fmt::format("the file '{}' has no row below its header", file));
  } catch (const UsageError& error) {
    axis.reading.error(axis.setting("csv").place, fmt::format("the file '{}', {}", file, error.what()));
  }
  return std::nullopt;
}

/// Why the header of a column is not the name of a param, and what to do about it.
std::string refused_name(const std::string& name, const std::string& file, bool is_only_column) {
  const std::size_t separator = name.find_first_of(";\t");
  if (is_only_column && separator != std::string::npos)
    return fmt::format(
        "the header of '{}' is one cell: its cells are separated by {}, it seems, not by commas", file,
        name[separator] == ';' ? "semicolons" : "tabs");
  return fmt::format(
      "the column '{}' of '{}' cannot be the name of a param{}; rename it: as = {{ {} = \"a_name\" }}", name,
      file, expr::is_reserved(name) ? ", for it is a word of expressions" : "", toml_string(name));
}

}  // namespace

std::vector<ParamColumn> read_csv_columns(const AxisReading& axis) {
  const auto file = axis.reading.text(axis.setting("csv"));
  const JobSource::Input* const input = file ? axis.input("csv") : nullptr;
  auto table = input != nullptr ? read_table(axis, *file, *input) : std::nullopt;
  if (!table) return {};
  const Renaming renaming = read_renaming(axis, *table);
  const std::shared_ptr<const std::string> owner = owner_of(*table);
  std::vector<ParamColumn> columns;
  bool is_right = renaming.is_right;
  for (CsvColumn& column : table->columns) {
    const auto renamed = renaming.by_header.find(column.name);
    const bool has_new_name = renamed != renaming.by_header.end();
    const std::string name = has_new_name ? renamed->second->node.text : column.name;
    const Place place = has_new_name ? renamed->second->node.place : axis.setting("csv").place;
    if (!has_new_name && (!expr::is_identifier(name) || expr::is_reserved(name))) {
      axis.reading.error(place, refused_name(name, *file, table->columns.size() == 1));
      is_right = false;
    }
    columns.push_back({name, place, axis_of(column, owner, *file)});
  }
  if (!is_right) columns.clear();
  return columns;
}

std::string read_csv_input(const std::string& text, InputReader& reader) { return reader.file(text); }

std::vector<ParamColumn> read_zip_columns(const AxisReading& axis) {
  const Setting setting = axis.setting("zip");
  if (!setting.node.is(Kind::table) || setting.node.entries.empty()) {
    axis.reading.wrong_value(setting, "a table of params, such as { a = [1, 2], b = [\"u\", \"v\"] }");
    return {};
  }
  std::vector<ParamColumn> columns;
  const ParamColumn* first = nullptr;
  bool is_right = true;
  for (const TomlEntry& entry : setting.node.entries) {
    columns.push_back({entry.key, entry.place, read_axis(entry, axis.reading, axis.path + "." + entry.key)});
    is_right = is_right && columns.back().axis != nullptr;
  }
  for (const ParamColumn& column : columns) {
    if (column.axis == nullptr) continue;
    if (first == nullptr) first = &column;
    if (column.axis->size() == first->axis->size()) continue;
    axis.reading.error(column.place,
                       fmt::format("'{}' has {} value{}, but '{}' has {}: zipped params advance together",
                                   column.name, column.axis->size(), column.axis->size() == 1 ? "" : "s",
                                   first->name, first->axis->size()));
    is_right = false;
  }
  if (!is_right) {
    for (const ParamColumn& column : columns) axis.reading.give_up(column.name);
    columns.clear();
  }
  return columns;
}

}  // namespace fanfold
