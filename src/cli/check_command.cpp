// fanfold check: reads a job as `run` would, and says what it is. Runs nothing, loads no MPI.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "report/answers.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t shown_tasks = 3;

std::string work_of(const Job& job) {
  std::string text;
  if (job.source) text += fmt::format("source {}", job.source->info->name);
  if (job.kernel)
    text += fmt::format("{}kernel {}", text.empty() ? "" : " → ", job.kernel->kernel->info().name);
  return text.empty() ? "values only" : text;
}

std::string params_summary(const Job& job) {
  std::string text;
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    text += fmt::format("  {}: {} × {}\n", job.space.name(slot), with_separators(job.space.axis(slot).size()),
                        name_of(job.space.type(slot)));
  }
  return text;
}

ExitStatus check(const std::string& job_file) {
  const JobSource source = read_job(job_file, {});
  const std::unique_ptr<const Job> job = open_job(source, source_registry());
  std::string text = fmt::format("{}: {}, {}\n", job_file, count_of(job->size(), "task"), work_of(*job));
  text += params_summary(*job);
  for (std::uint64_t task = 0; task < std::min(shown_tasks, job->size()); ++task) {
    const std::string params = params_text(*job, TaskIndex(task));
    text += fmt::format("task {}{}\n", task, params.empty() ? "" : ": " + params);
  }
  std::fputs(text.c_str(), stdout);
  return ExitStatus::success;
}

}  // namespace

void add_check_command(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("check", "Check a job file and show what it would run");
  const auto job_file = std::make_shared<std::string>();
  command->add_option("job", *job_file, "The job file")->required();
  command->footer("Example: fanfold check jobs/pi.toml");
  command->callback([job_file, &action] { action = [job_file] { return check(*job_file); }; });
}

}  // namespace fanfold
