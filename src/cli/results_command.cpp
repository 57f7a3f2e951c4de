// fanfold results: the answer of a run, or a row for each of its tasks.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "journal/run_file.hpp"
#include "report/answers.hpp"
#include "report/rows.hpp"
#include "run/open_run.hpp"

namespace fanfold {
namespace {

struct Options {
  std::string run_file;
  bool csv = false;
  bool json_lines = false;
  bool failed = false;
};

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    throw RunError("cannot write to standard output");
  }
}

ExitStatus show_results(const Options& options) {
  const RunFileReader file(options.run_file);
  const std::unique_ptr<const Job> job = open_job(file.header().job, source_registry());
  if (!options.csv && !options.json_lines && !options.failed) {
    const RunState state = file.load(merge_partials_of(*job));
    write_out(answers_text(*job, partial_of(*job, state).finish()));
    return ExitStatus::success;
  }
  const RowFormat format = options.csv          ? RowFormat::csv
                           : options.json_lines ? RowFormat::json_lines
                                                : RowFormat::text;
  RowWriter rows(*job, format, write_out);
  rows.begin();
  file.for_each_row(options.failed, [&rows](const TaskRow& row) { rows.row(row); });
  return ExitStatus::success;
}

}  // namespace

void add_results_command(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("results", "Show the answer of a run, or a row for each task");
  const auto options = std::make_shared<Options>();
  command->add_option("run", options->run_file, "The run file")->required();
  CLI::Option* csv = command->add_flag("--csv", options->csv, "A row for each finished task, as CSV");
  command->add_flag("--jsonl", options->json_lines, "A row for each finished task, one JSON object a line")
      ->excludes(csv);
  command->add_flag("--failed", options->failed, "Rows of failed tasks only");
  command->footer("Example: fanfold results pi.run --csv");
  command->callback([options, &action] { action = [options] { return show_results(*options); }; });
}

}  // namespace fanfold
