// fanfold check: reads a job as `run` would, and says what it is and what it would run. Runs nothing, loads
// no MPI.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/check_report.hpp"
#include "cli/commands.hpp"
#include "cli/job_options.hpp"
#include "cli/task_selection.hpp"
#include "core/simd_target.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "job/warnings.hpp"

namespace fanfold {
namespace {

/// Tasks that are shown unless the user asks for others.
constexpr std::uint64_t shown_tasks = 3;

struct CheckOptions {
  JobOptions job;
  std::string tasks;
  std::string task;
  std::string chunk;
  bool json = false;
};

void print_warnings(const std::string& file, std::vector<Diagnostic> warnings) {
  if (warnings.empty()) return;
  for (Diagnostic& warning : warnings) warning.message.insert(0, "warning: ");
  std::fprintf(stderr, "%s\n", diagnostic_lines(file, std::move(warnings)).c_str());
}

/// Which promise this machine, or whoever chose a target, cannot keep.
std::string unfused_warning() {
  return fmt::format(
      "the SIMD target {} has no fused multiply-add: functions such as exp and sin may differ in their last "
      "bits from those of other machines",
      simd_target());
}

ExitStatus check(const CheckOptions& options) {
  std::vector<std::pair<std::string, std::string>> policy;
  if (!options.chunk.empty()) policy.emplace_back("chunk", options.chunk);
  const JobSource source = read_job(options.job, std::move(policy));
  const std::unique_ptr<const Job> job = open_job(source, source_registry());
  const auto selection = parse_selection(options.tasks, options.task, job->size());
  std::vector<Diagnostic> warnings = job_warnings(*job, source);
  if (!has_fused_multiply_add(simd_target())) warnings.push_back({{}, unfused_warning()});
  const CheckedJob checked{*job, name_of_job(options.job), default_run_file(options.job),
                           selection.value_or(TaskRange{0, std::min(shown_tasks, job->size())}),
                           std::move(warnings)};
  if (options.json) {
    fmt::print("{}\n", check_json(checked).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_check(checked, stdout);
  }
  print_warnings(source.file, checked.warnings);
  return ExitStatus::success;
}

}  // namespace

void add_check_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "check", "Check a job file and show what it would run");
  const auto options = std::make_shared<CheckOptions>();
  add_job_options(*command, options->job);
  command->add_option("--tasks", options->tasks, "Show these tasks: FIRST:END, without the one numbered END")
      ->type_name("FIRST:END");
  command->add_option("--task", options->task, "Show this task")->type_name("I");
  command->add_option("--chunk", options->chunk, "Tasks handed out at a time, as in run")->type_name("N");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Example: fanfold check jobs/pi.toml --tasks 5:8");
  command->callback([options, &action] { action = [options] { return check(*options); }; });
}

}  // namespace fanfold
