// fanfold output: what a task wrote.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "cli/task_selection.hpp"
#include "core/captured_text.hpp"
#include "exec/source.hpp"
#include "exec/task_description.hpp"
#include "job/job.hpp"
#include "job/task_filter.hpp"
#include "journal/run_file.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

struct OutputOptions {
  std::string run_file;
  std::string task;
  std::optional<std::uint32_t> attempt;
  bool errors = false;
  bool all = false;
};

/// Why no task of a job has output; empty if they may have.
std::string why_nothing_is_captured(const Job& job) {
  if (!job.source) {
    return job.kernel ? fmt::format("its tasks are computed by the kernel {}, which writes nothing",
                                    job.kernel->kernel->info().name)
                      : "its tasks are computed from [values], which write nothing";
  }
  const std::string& name = job.source->info->name;
  if (!job.source->info->has_output)
    return fmt::format("its tasks have the source '{}', which writes nothing", name);
  if (!make_source(job)->keeps_output())
    return fmt::format("what the source '{}' retrieves is not copied into the run file", name);
  return {};
}

/// The attempt that is asked for: by default the last.
const Outcome& chosen(const std::vector<AttemptRecord>& attempts, TaskIndex task,
                      std::optional<std::uint32_t> number) {
  if (attempts.empty())
    throw UsageError(fmt::format("task {} has not ended: nothing of it is recorded", task.value()));
  if (!number) return attempts.back().outcome;
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    if (attempt->outcome.attempt.value() == *number) return attempt->outcome;
  }
  throw UsageError(
      fmt::format("task {} has no attempt {}: {} recorded", task.value(), *number,
                  attempts.size() == 1 ? "1 attempt is" : count_of(attempts.size(), "attempt") + " are"));
}

/// Why nothing of an attempt is recorded of standard output or standard error; empty: it wrote nothing.
std::string where_it_went(const Job& job, const Outcome& outcome, bool errors) {
  const TaskPlace place{outcome.attempt, outcome.rank, outcome.slot};
  const auto detail = [&](std::string_view name) -> std::string {
    for (const TaskDetail& each : task_description(job, outcome.task, place)) {
      if (each.name == name) return each.text;
    }
    return {};
  };
  if (was_skipped(job, outcome))
    return fmt::format("task {} was skipped: {} was there", outcome.task.value(), detail("creates"));
  const std::string file = detail(errors ? "stderr" : "stdout");
  if (file.empty()) return {};
  return fmt::format("standard {} of task {} went to {}", errors ? "error" : "output", outcome.task.value(),
                     file);
}

/// `limit`: of what is recorded of the stream.
std::string section(const Outcome& outcome, const char* stream, const std::string& text, std::size_t limit) {
  return fmt::format("==> task {}, attempt {}: {}, {} <==\n{}{}", outcome.task.value(),
                     outcome.attempt.value(), stream, count_of(size_before(text, limit), "byte"), text,
                     text.empty() || text.back() == '\n' ? "" : "\n");
}

ExitStatus show_output(const OutputOptions& options) {
  const RunFileReader file(options.run_file);
  const std::unique_ptr<const Job> job = open_job(file.header().job, source_registry());
  const TaskIndex task = parse_task(options.task, job->size());
  if (const std::string why = why_nothing_is_captured(*job); !why.empty())
    throw UsageError(fmt::format("run file '{}' has no output: {}", options.run_file, why));
  if (!TaskFilter(*job).meets(task))
    throw UsageError(fmt::format("task {} was left out: it does not meet where", task.value()));
  const std::vector<AttemptRecord> attempts = file.attempts(task);
  const Outcome& outcome = chosen(attempts, task, options.attempt);
  if (options.all) {
    const std::size_t limit = job->run.output_limit;
    write_standard_output(section(outcome, "standard output", outcome.output, limit) +
                          section(outcome, "standard error", outcome.errors, limit));
    return ExitStatus::success;
  }
  const std::string& text = options.errors ? outcome.errors : outcome.output;
  const std::string& other = options.errors ? outcome.output : outcome.errors;
  if (text.empty()) {
    if (const std::string place = where_it_went(*job, outcome, options.errors); !place.empty())
      throw UsageError(place);
    std::string message = fmt::format("task {} wrote nothing to standard {}", task.value(),
                                      options.errors ? "error" : "output");
    if (!other.empty()) {
      message += fmt::format("; to standard {} it wrote {}", options.errors ? "output" : "error",
                             count_of(other.size(), "byte"));
      message += options.errors ? "" : ": add --stderr";
    }
    throw UsageError(message);
  }
  write_standard_output(text);
  return ExitStatus::success;
}

}  // namespace

void add_output_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "output", "Print what a task wrote to standard output");
  const auto options = std::make_shared<OutputOptions>();
  command->add_option("run", options->run_file, "The run file")->required();
  command->add_option("task", options->task, "The task's number")->required();
  CLI::Option* errors =
      command->add_flag("--stderr", options->errors, "What it wrote to standard error instead");
  command->add_flag("--all", options->all, "Both, each with a header")->excludes(errors);
  command->add_option("--attempt", options->attempt, "Of this attempt; by default the last")->type_name("N");
  command->footer("Example: fanfold output flaky.run 4 --stderr");
  command->callback([options, &action] { action = [options] { return show_output(*options); }; });
}

}  // namespace fanfold
