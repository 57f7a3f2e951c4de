// fanfold explain: what a task is, what it ran, where and when, and what came of it.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "cli/task_selection.hpp"
#include "exec/source.hpp"
#include "exec/task_description.hpp"
#include "job/job.hpp"
#include "job/task_filter.hpp"
#include "journal/run_file.hpp"
#include "report/answers.hpp"
#include "report/digest.hpp"
#include "report/row_columns.hpp"
#include "report/task_story.hpp"

namespace fanfold {
namespace {

struct ExplainOptions {
  std::string run_file;
  std::string task;
};

/// Lines after the first stand below its beginning.
std::string indented(const std::string& text, std::size_t width) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result.append(width, ' ');
  }
  return result;
}

std::string outcome_text(const Job& job, TaskIndex task, const std::optional<TaskRow>& row) {
  if (!TaskFilter(job).meets(task)) return "left out: it does not meet where";
  if (!row) return "has not ended";
  std::string text(name_of(row->status));
  if (!row->error.empty()) text += ": " + row->error;
  if (row->attempts > 1) text += fmt::format(" (attempt {})", row->attempts);
  return text;
}

/// What ran, as the last attempt had it.
std::string details_text(const Job& job, TaskIndex task, const std::optional<TaskRow>& row) {
  std::optional<TaskPlace> place;
  if (row && job.source) place = TaskPlace{Attempt(row->attempts), Rank(row->rank), row->slot};
  std::string text;
  for (const TaskDetail& detail : task_description(job, task, place)) {
    const std::string key = fmt::format("  {}: ", detail.name);
    text += key + indented(detail.text, key.size()) + "\n";
  }
  return text;
}

std::string values_text(const Job& job, const TaskRow& row) {
  std::string text;
  for (const RowColumn& column : row_columns(job)) {
    if (column.kind != RowColumn::Kind::value || column.index >= row.values.size()) continue;
    text += fmt::format("  {} = {}\n", column.name, indented(to_text(row.values[column.index]), 4));
  }
  if (!text.empty()) return "values:\n" + text;
  return row.status == Status::succeeded && !job.value_slots().empty() ? "values: not kept\n" : "";
}

ExitStatus explain(const ExplainOptions& options) {
  const RunFileReader file(options.run_file);
  const std::unique_ptr<const Job> job = open_job(file.header().job, source_registry());
  const TaskIndex task = parse_task(options.task, job->size());
  std::string text;
  file.at_one_state([&] {
    const std::optional<TaskRow> row = file.row(task);
    const std::string params = params_text(*job, task);
    text = fmt::format("task {}{}: {}\n", task.value(), params.empty() ? "" : " (" + params + ")",
                       outcome_text(*job, task, row));
    text += details_text(*job, task, row);
    text += task_story(*job, file, task);
    if (row) text += values_text(*job, *row);
  });
  text += fmt::format("again: fanfold run {} --task {} --run task-{}.run\n", arguments_of(file.header().job),
                      task.value(), task.value());
  write_standard_output(text);
  return ExitStatus::success;
}

}  // namespace

void add_explain_command(CLI::App& program, Action& action) {
  CLI::App* command =
      add_command(program, "explain", "Tell what a task ran, where and when, and what came of it");
  const auto options = std::make_shared<ExplainOptions>();
  command->add_option("run", options->run_file, "The run file")->required();
  command->add_option("task", options->task, "The task's number")->required();
  command->footer("Example: fanfold explain flaky.run 4");
  command->callback([options, &action] { action = [options] { return explain(*options); }; });
}

}  // namespace fanfold
