#include "report/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "job/template.hpp"
#include "report/answers.hpp"

namespace fanfold {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + csv_cell(cells[i]);
  return line + "\n";
}

std::string text_row(const Job& job, const TaskRow& row) {
  const std::string params = params_text(job, row.task);
  std::string line = fmt::format("task {}{}: {}", row.task.value(), params.empty() ? "" : " (" + params + ")",
                                 name_of(row.status));
  if (!row.error.empty()) line += ": " + row.error;
  if (row.attempts > 1) line += fmt::format(" (attempt {})", row.attempts);
  return line + "\n";
}

/// A program's exit code is in the row of each of its tasks, failed ones too: it needs no column as a result.
constexpr std::string_view exit_code = "exit_code";

bool runs_a_program(const Job& job) {
  if (!job.source) return false;
  const std::vector<Result>& results = job.source->info->results;
  return std::any_of(results.begin(), results.end(),
                     [](const Result& result) { return result.name == exit_code; });
}

bool is_result_of_source(const Job& job, std::size_t slot) {
  return job.source && slot >= job.source->first_slot &&
         slot < job.source->first_slot + job.source->info->results.size();
}

}  // namespace

RowWriter::RowWriter(const Job& job, RowFormat format, Write write)
    : job_(job), format_(format), write_(std::move(write)), has_exit_code_(runs_a_program(job)) {
  const std::vector<std::size_t> slots = job.value_slots();
  for (std::size_t index = 0; index < slots.size(); ++index) {
    for (const expr::Scope::Entry& entry : job.scope.entries()) {
      if (entry.constant || entry.slot != slots[index]) continue;
      if (entry.name == exit_code && is_result_of_source(job, entry.slot)) continue;
      values_.push_back({entry.name, index});
    }
  }
}

void RowWriter::begin() {
  if (format_ != RowFormat::csv) return;
  std::vector<std::string> names{own("task")};
  for (std::size_t slot = 0; slot < job_.space.param_count(); ++slot) names.push_back(job_.space.name(slot));
  for (const ValueColumn& value : values_) names.push_back(value.name);
  for (const char* name : {"status", "attempts", "rank", "start", "duration"}) names.push_back(own(name));
  if (has_exit_code_) names.push_back(own("exit_code"));
  names.push_back(own("error"));
  write_(csv_line(names));
}

void RowWriter::row(const TaskRow& row) {
  switch (format_) {
    case RowFormat::text:
      return write_(text_row(job_, row));
    case RowFormat::csv:
      return csv_row(row, job_.space.params_of(row.task));
    case RowFormat::json_lines:
      return json_row(row, job_.space.params_of(row.task));
  }
}

void RowWriter::csv_row(const TaskRow& row, const std::vector<Value>& params) {
  std::vector<std::string> cells{std::to_string(row.task.value())};
  for (const Value& value : params) cells.push_back(to_text(value));
  for (const ValueColumn& value : values_) {
    cells.push_back(value.index < row.values.size() ? to_text(row.values[value.index]) : "");
  }
  cells.push_back(std::string(name_of(row.status)));
  cells.push_back(std::to_string(row.attempts));
  cells.push_back(std::to_string(row.rank));
  cells.push_back(fmt::format("{:.6f}", row.start));
  cells.push_back(fmt::format("{:.6f}", row.duration));
  if (has_exit_code_) cells.push_back(std::to_string(row.exit_code));
  cells.push_back(row.error);
  write_(csv_line(cells));
}

void RowWriter::json_row(const TaskRow& row, const std::vector<Value>& params) {
  nlohmann::ordered_json object{{own("task"), row.task.value()}};
  for (std::size_t slot = 0; slot < params.size(); ++slot)
    object[job_.space.name(slot)] = to_json(params[slot]);
  for (const ValueColumn& value : values_) {
    if (value.index < row.values.size()) object[value.name] = to_json(row.values[value.index]);
  }
  object[own("status")] = name_of(row.status);
  object[own("attempts")] = row.attempts;
  object[own("rank")] = row.rank;
  object[own("start")] = row.start;
  object[own("duration")] = row.duration;
  if (has_exit_code_) object[own("exit_code")] = row.exit_code;
  if (!row.error.empty()) object[own("error")] = row.error;
  write_(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::string RowWriter::own(const std::string& name) const {
  bool is_taken = std::any_of(values_.begin(), values_.end(),
                              [&](const ValueColumn& value) { return value.name == name; });
  for (std::size_t slot = 0; slot < job_.space.param_count(); ++slot) {
    is_taken = is_taken || job_.space.name(slot) == name;
  }
  return is_taken ? "task_" + name : name;
}

}  // namespace fanfold
