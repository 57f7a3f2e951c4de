// fanfold cancel: ends the batch job of a run.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "submit/batch_system.hpp"

namespace fanfold {
namespace {

ExitStatus cancel_run(const std::string& run_file) {
  const std::optional<SubmissionRecord> record = read_record(run_file);
  if (!record) {
    throw UsageError(fmt::format("'{}' was not submitted to a batch system: there is no '{}'", run_file,
                                 record_path(run_file)));
  }
  cancel(*record);
  write_standard_output(fmt::format("cancelled: {} job {}\n", scheduler_named(record->scheduler).title,
                                    fmt::join(record->jobs, ", ")));
  return ExitStatus::success;
}

}  // namespace

void add_cancel_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "cancel", "End the batch job of a run that was submitted");
  const auto run_file = std::make_shared<std::string>();
  command->add_option("run", *run_file, "The run file")->required();
  command->footer("Example: fanfold cancel pi.run");
  command->callback([run_file, &action] { action = [run_file] { return cancel_run(*run_file); }; });
}

}  // namespace fanfold
