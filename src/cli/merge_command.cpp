// fanfold merge: one run file of several of the same job.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "report/answers.hpp"
#include "report/quantity.hpp"
#include "run/merge_runs.hpp"

namespace fanfold {
namespace {

struct MergeOptions {
  std::string out;
  std::vector<std::string> runs;
};

ExitStatus merge(const MergeOptions& options) {
  const MergedRun merged = merge_runs(options.out, {options.runs.begin(), options.runs.end()});
  std::string summary =
      fmt::format("{}: {} of {} finished, {} failed, from {}", options.out, with_separators(merged.finished),
                  count_of(merged.tasks, "task"), with_separators(merged.failed),
                  count_of(options.runs.size(), "run file"));
  if (merged.repeated > 0)
    summary += fmt::format("; {} in more than one of them, counted once", with_separators(merged.repeated));
  std::fprintf(stderr, "%s\n", summary.c_str());
  write_standard_output(answers_text(*merged.job, merged.answers, merged.tasks));
  return ExitStatus::success;
}

}  // namespace

void add_merge_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "merge", "Make one run file of several of the same job");
  const auto options = std::make_shared<MergeOptions>();
  command->add_option("out", options->out, "The run file to make")->required();
  command->add_option("run", options->runs, "The run files of parts of the job")->required();
  command->footer("Example: fanfold merge pi.run pi.part*.run");
  command->callback([options, &action] { action = [options] { return merge(*options); }; });
}

}  // namespace fanfold
