#include "report/rows.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

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

}  // namespace

RowWriter::RowWriter(const Job& job, RowFormat format, Write write)
    : job_(job), format_(format), write_(std::move(write)) {
  for (const std::size_t slot : job.value_slots()) {
    for (const expr::Scope::Entry& entry : job.scope.entries()) {
      if (!entry.constant && entry.slot == slot) value_names_.push_back(entry.name);
    }
  }
}

void RowWriter::begin() {
  if (format_ != RowFormat::csv) return;
  std::vector<std::string> names{"task"};
  for (std::size_t slot = 0; slot < job_.space.param_count(); ++slot) names.push_back(job_.space.name(slot));
  names.insert(names.end(), value_names_.begin(), value_names_.end());
  for (const char* name : {"status", "attempts", "rank", "start", "duration", "exit_code", "error"})
    names.push_back(name);
  write_(csv_line(names));
}

void RowWriter::row(const TaskRow& row) {
  if (format_ == RowFormat::text) {
    write_(text_row(job_, row));
    return;
  }
  const std::vector<Value> params = job_.space.params_of(row.task);
  if (format_ == RowFormat::csv) {
    std::vector<std::string> cells{std::to_string(row.task.value())};
    for (const Value& value : params) cells.push_back(to_text(value));
    for (std::size_t i = 0; i < value_names_.size(); ++i) {
      cells.push_back(i < row.values.size() ? to_text(row.values[i]) : "");
    }
    cells.push_back(std::string(name_of(row.status)));
    cells.push_back(std::to_string(row.attempts));
    cells.push_back(std::to_string(row.rank));
    cells.push_back(fmt::format("{:.6f}", row.start));
    cells.push_back(fmt::format("{:.6f}", row.duration));
    cells.push_back(std::to_string(row.exit_code));
    cells.push_back(row.error);
    write_(csv_line(cells));
    return;
  }
  nlohmann::ordered_json object{{"task", row.task.value()}};
  for (std::size_t slot = 0; slot < params.size(); ++slot)
    object[job_.space.name(slot)] = to_json(params[slot]);
  for (std::size_t i = 0; i < row.values.size() && i < value_names_.size(); ++i) {
    object[value_names_[i]] = to_json(row.values[i]);
  }
  object["status"] = name_of(row.status);
  object["attempts"] = row.attempts;
  object["rank"] = row.rank;
  object["start"] = row.start;
  object["duration"] = row.duration;
  object["exit_code"] = row.exit_code;
  if (!row.error.empty()) object["error"] = row.error;
  write_(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace fanfold
