#include "cli/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/run_prediction.hpp"
#include "cli/text_table.hpp"
#include "exec/task_description.hpp"
#include "job/task_filter.hpp"
#include "job/template.hpp"
#include "report/answers.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::ordered_json;

/// Of an axis with more values than this, so many and the last are shown.
constexpr std::uint64_t shown_values = 3;
/// A text of a param is cut here, in characters of UTF-8.
constexpr std::size_t longest_text = 60;

std::string work_of(const Job& job) {
  std::string text;
  if (job.source) text += fmt::format("source {}", job.source->info->name);
  if (job.kernel) {
    text += fmt::format("{}kernel {}", text.empty() ? "" : " → ", job.kernel->kernel->info().name);
    if (!job.kernel->file.empty()) text += " of " + job.kernel->file;
    if (job.kernel->isolate) text += ", in processes of its own";
  }
  return text.empty() ? "values only" : text;
}

Value value_at(const Axis& axis, std::uint64_t position) {
  ColumnBuffer column(axis.type());
  column.reset(axis.type(), 1);
  axis.fill(position, 1, column, 0);
  return column.view().value(0);
}

/// At most `longest_text` characters of it; what is no UTF-8 is replaced.
std::string shortened(const std::string& text) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && characters++ == longest_text) return text.substr(0, at) + "…";
  }
  return text;
}

std::string shown(const Value& value) {
  return type_of(value) == Type::text ? quote_for_paste(shortened(std::get<std::string>(value)))
                                      : to_text(value);
}

std::string values_text(const Axis& axis) {
  std::string text;
  const std::uint64_t size = axis.size();
  const std::uint64_t first = size <= shown_values + 1 ? size : shown_values;
  for (std::uint64_t position = 0; position < first; ++position) {
    text += (position == 0 ? "" : ", ") + shown(value_at(axis, position));
  }
  return first == size ? text : text + " … " + shown(value_at(axis, size - 1));
}

/// Of a column that begins with a number: why it is text.
std::string cause_text(const Axis& axis) {
  if (axis.text_cause().empty()) return {};
  const auto first = std::get<std::string>(value_at(axis, 0));
  double number = 0;
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), number);
  const bool is_number = error != std::errc::invalid_argument && end == first.data() + first.size();
  return is_number ? fmt::format(" (text because of {})", axis.text_cause()) : std::string();
}

std::string params_summary(const Job& job) {
  std::string text;
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    if (job.space.program(slot) != nullptr) {
      text += fmt::format("  {}: {}, computed\n", job.space.name(slot), name_of(job.space.type(slot)));
      continue;
    }
    text += fmt::format("  {}: {}: {}{}\n", job.space.name(slot),
                        count_of(job.space.axis(slot).size(), std::string(name_of(job.space.type(slot)))),
                        values_text(job.space.axis(slot)), cause_text(job.space.axis(slot)));
  }
  return text;
}

/// Of larger jobs, the first tasks are tried.
constexpr std::uint64_t most_tried = 1'000'000;

struct WhereCount {
  std::uint64_t met = 0;
  std::uint64_t tried = 0;
};

WhereCount count_where(const Job& job) {
  const std::uint64_t tried = std::min(job.size(), most_tried);
  return {TaskFilter(job).count({0, tried}), tried};
}

std::string where_text(const Job& job) {
  if (!job.where) return {};
  const WhereCount count = count_where(job);
  return fmt::format("where: {} of {}{} meet it\n", with_separators(count.met),
                     count.tried < job.size() ? "the first " : "", count_of(count.tried, "task"));
}

/// The columns of results and values, in the order of the scope.
std::vector<const expr::Scope::Entry*> results_of(const Job& job) {
  std::vector<const expr::Scope::Entry*> results;
  for (const expr::Scope::Entry& entry : job.scope.entries()) {
    if (!entry.constant && entry.slot >= job.param_slots) results.push_back(&entry);
  }
  return results;
}

std::vector<std::string> answers_of(const Job& job) {
  std::vector<std::string> names;
  for (const reduce::Answer& answer : reduce::Partial(job.reductions).finish()) names.push_back(answer.name);
  return names;
}

std::string names_summary(const Job& job) {
  std::vector<std::string> results;
  for (const expr::Scope::Entry* const entry : results_of(job)) {
    results.push_back(fmt::format("{} ({})", entry->name, name_of(entry->type)));
  }
  const std::vector<std::string> answers = answers_of(job);
  std::string text;
  if (!results.empty()) text += fmt::format("results: {}\n", fmt::join(results, ", "));
  if (!answers.empty()) text += fmt::format("answers: {}\n", fmt::join(answers, ", "));
  return text;
}

/// A script of several lines begins on a line of its own.
std::string detail_text(const TaskDetail& detail) {
  const bool has_lines = detail.text.find('\n') != std::string::npos;
  std::string text = has_lines ? fmt::format("  {}:\n{}", detail.name, indented(detail.text, 4))
                               : fmt::format("  {}: {}", detail.name, detail.text);
  if (text.back() != '\n') text += '\n';
  if (!detail.obstacle.empty()) text += fmt::format("  would fail: {}\n", detail.obstacle);
  return text;
}

std::string task_text(const Job& job, TaskIndex task) {
  const std::string params = params_text(job, task);
  std::string text = fmt::format("task {}{}\n", task.value(), params.empty() ? "" : ": " + params);
  if (!TaskFilter(job).meets(task)) return text + "  left out: it does not meet where\n";
  for (const TaskDetail& detail : task_description(job, task)) text += detail_text(detail);
  return text;
}

/// "12 kB": two digits, for what is predicted.
std::string about_bytes(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < std::size(units); ++unit) number /= 1000;
  return number < 9.95 ? fmt::format("{:.1f} {}", number, units[unit])
                       : fmt::format("{:.0f} {}", number, units[unit]);
}

std::string chunks_text(const Job& job) {
  const ChunkPrediction chunks = predict_chunks(job);
  if (chunks.tasks)
    return fmt::format("chunks: {}, {} in each", with_separators(*chunks.count),
                       count_of(*chunks.tasks, "task"));
  return fmt::format("chunks: a task for each thread at first, then about {} s of work", chunks.seconds);
}

std::string files_text(const CheckedJob& checked) {
  const RunFilePrediction file = predict_run_file(checked.job);
  const bool exists = std::filesystem::exists(checked.run_file);
  return fmt::format("run file: {}, about {}{}{}; {}.live while it runs", checked.run_file,
                     about_bytes(file.bytes), file.grows_with_output ? " and what programs print" : "",
                     exists ? " (it exists)" : "", checked.run_file);
}

// ---- for programs ---------------------------------------------------------------------------------------

Json params_json(const Job& job) {
  Json params = Json::array();
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    if (job.space.program(slot) != nullptr) {
      params.push_back(
          {{"name", job.space.name(slot)}, {"type", name_of(job.space.type(slot))}, {"computed", true}});
      continue;
    }
    const Axis& axis = job.space.axis(slot);
    Json first = Json::array();
    for (std::uint64_t position = 0; position < std::min(shown_values, axis.size()); ++position) {
      first.push_back(to_json(value_at(axis, position)));
    }
    params.push_back({{"name", job.space.name(slot)},
                      {"type", name_of(axis.type())},
                      {"size", axis.size()},
                      {"first", std::move(first)},
                      {"last", to_json(value_at(axis, axis.size() - 1))}});
  }
  return params;
}

Json task_json(const Job& job, TaskIndex task) {
  Json params = Json::object();
  const std::vector<Value> values = job.space.params_of(task);
  for (std::size_t slot = 0; slot < values.size(); ++slot)
    params[job.space.name(slot)] = to_json(values[slot]);
  Json object{{"task", task.value()}, {"params", std::move(params)}};
  if (!TaskFilter(job).meets(task)) {
    object["left_out"] = true;
    return object;
  }
  for (const TaskDetail& detail : task_description(job, task)) {
    object["runs"][detail.name] = detail.text;
    if (!detail.obstacle.empty()) object["obstacle"] = detail.obstacle;
  }
  return object;
}

Json chunks_json(const Job& job) {
  const ChunkPrediction chunks = predict_chunks(job);
  if (chunks.tasks) return {{"tasks", *chunks.tasks}, {"count", *chunks.count}};
  return {{"seconds_per_thread", chunks.seconds}};
}

Json warnings_json(const std::vector<Diagnostic>& warnings) {
  Json array = Json::array();
  for (const Diagnostic& warning : warnings) {
    Json object{{"message", warning.message}};
    if (warning.place.line > 0) object["line"] = warning.place.line;
    if (warning.place.line > 0) object["column"] = warning.place.column;
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

void print_check(const CheckedJob& checked, std::FILE* out) {
  const Job& job = checked.job;
  fmt::print(out, "{}: {}, {}\n{}{}", checked.name, count_of(job.size(), "task"), work_of(job),
             params_summary(job) + where_text(job), names_summary(job));
  for (std::uint64_t task = checked.tasks.begin; task < checked.tasks.end; ++task) {
    std::fputs(task_text(job, TaskIndex(task)).c_str(), out);
  }
  fmt::print(out, "{}\n{}\n", chunks_text(job), files_text(checked));
}

Json check_json(const CheckedJob& checked) {
  const Job& job = checked.job;
  Json object{{"job", job.name}, {"tasks", job.size()}, {"seed", job.seed}};
  if (job.source) object["source"] = job.source->info->name;
  if (job.kernel) object["kernel"] = job.kernel->kernel->info().name;
  object["params"] = params_json(job);
  if (job.where) {
    const WhereCount count = count_where(job);
    object["where"] = {{"met", count.met}, {"tried", count.tried}};
  }
  object["results"] = Json::array();
  for (const expr::Scope::Entry* const entry : results_of(job)) {
    object["results"].push_back({{"name", entry->name}, {"type", name_of(entry->type)}});
  }
  object["answers"] = answers_of(job);
  object["shown"] = Json::array();
  for (std::uint64_t task = checked.tasks.begin; task < checked.tasks.end; ++task) {
    object["shown"].push_back(task_json(job, TaskIndex(task)));
  }
  const RunFilePrediction file = predict_run_file(job);
  object["chunks"] = chunks_json(job);
  object["run_file"] = {{"path", checked.run_file},
                        {"bytes", file.bytes},
                        {"grows_with_output", file.grows_with_output},
                        {"exists", std::filesystem::exists(checked.run_file)}};
  object["files"] = {checked.run_file, checked.run_file + ".live"};
  object["warnings"] = warnings_json(checked.warnings);
  return object;
}

}  // namespace fanfold
