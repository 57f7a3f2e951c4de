// fanfold status: how far a run is, while it is live and afterwards.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "journal/live_file.hpp"
#include "journal/run_file.hpp"
#include "report/quantity.hpp"
#include "run/open_run.hpp"

namespace fanfold {
namespace {

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string live_text(const LiveStatus& live) {
  if (is_stale(live, seconds_since_1970())) {
    return fmt::format("interrupted: pid {} on {} is gone; the run can go on\n", live.pid, live.host);
  }
  // The first thing that is written says who writes, and no more.
  if (live.ranks == 0) return fmt::format("starting on {} (pid {})\n", live.host, live.pid);
  return fmt::format("running on {} (pid {}, {}) for {}: {} of {} finished, {} failed, {} handed out\n",
                     live.host, live.pid, count_of(live.ranks, "rank"), duration_text(live.seconds),
                     with_separators(live.finished), count_of(live.tasks, "task"),
                     with_separators(live.failed), with_separators(live.running));
}

ExitStatus show_status(const std::string& path) {
  const RunFileReader file(path);
  const RunHeader& header = file.header();
  // Reductions are not shown, so that they need not be merged.
  const RunState state = file.load([](const std::vector<Bytes>&) { return Bytes(); });
  const std::uint64_t finished = state.finished.size();
  std::string text =
      fmt::format("{}: job {}, created {} on {}\n", path, header.job_name, header.created, header.host);
  text += fmt::format("recorded: {} of {} finished, {} failed; {}, {}\n", with_separators(finished),
                      count_of(header.tasks, "task"), with_separators(state.failed),
                      count_of(state.executions, "execution"), duration_text(state.seconds));
  if (const auto live = read_live(path)) {
    text += live_text(*live);
  } else {
    text += finished == header.tasks ? "ended\n" : "stopped: the run can go on\n";
  }
  std::fputs(text.c_str(), stdout);
  return ExitStatus::success;
}

}  // namespace

void add_status_command(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("status", "Show how far a run is");
  const auto path = std::make_shared<std::string>();
  command->add_option("run", *path, "The run file")->required();
  command->footer("Example: fanfold status pi.run");
  command->callback([path, &action] { action = [path] { return show_status(*path); }; });
}

}  // namespace fanfold
