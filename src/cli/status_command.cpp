// fanfold status: how far a run is, while it is live and afterwards.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/queue_report.hpp"
#include "cli/standard_output.hpp"
#include "report/progress.hpp"
#include "report/run_status.hpp"

namespace fanfold {
namespace {

struct StatusOptions {
  std::string run_file;
  bool json = false;
  bool watch = false;
};

constexpr std::chrono::milliseconds redraw_interval{1000};
/// How soon the end of a run is seen where nothing is redrawn.
constexpr std::chrono::milliseconds look_interval{200};

/// Holds back the signals that a user ends a watch with, so that it ends by itself, between two looks.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// True if one came before the time was over.
  bool wait_for(std::chrono::milliseconds time) const {
    const timespec timeout{static_cast<std::time_t>(time.count() / 1000), time.count() % 1000 * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &timeout) > 0;
  }

 private:
  sigset_t signals_{};
};

/// Draws the status over the one before.
void redraw(const std::string& text, std::size_t& lines_above) {
  const std::string up = lines_above > 0 ? fmt::format("\x1b[{}A", lines_above) : "";
  // A line that is longer than the terminal is wide would be two.
  write_standard_output(up + "\x1b[J\x1b[?7l" + text + "\x1b[?7h");
  lines_above = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

ExitStatus watch_on_terminal(const std::string& run_file) {
  const EndSignals signals;
  std::size_t lines_above = 0;
  while (true) {
    const RunStatus status = read_run_status(run_file);
    redraw(status_text(status), lines_above);
    if (!status.running() || signals.wait_for(redraw_interval)) return ExitStatus::success;
  }
}

ExitStatus watch_in_lines(const std::string& run_file) {
  using Clock = std::chrono::steady_clock;
  const EndSignals signals;
  const Clock::time_point begin = Clock::now();
  double next_line = 0;
  // What the writer says is enough, so that a large run file is not read five times a second.
  while (const std::optional<LiveStatus> live = read_running(run_file)) {
    const double now = std::chrono::duration<double>(Clock::now() - begin).count();
    if (now >= next_line && live->ranks > 0) {
      write_standard_output(status_line(*live) + "\n");
      next_line = next_line_after(now);
    }
    if (signals.wait_for(look_interval)) return ExitStatus::success;
  }
  write_standard_output(status_text(read_run_status(run_file)));
  return ExitStatus::success;
}

std::string with_queue(nlohmann::ordered_json status, const std::optional<SubmissionRecord>& record,
                       const QueueState& queue) {
  status["scheduler"] = record ? queue_json(*record, queue) : nlohmann::ordered_json();
  return status.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string submitted_json(const std::string& run_file, const SubmissionRecord& record,
                           const QueueState& queue) {
  return with_queue(
      {{"run_file", run_file}, {"state", "submitted"}, {"recorded", nullptr}, {"live", nullptr}}, record,
      queue);
}

ExitStatus show_status(const StatusOptions& options) {
  if (options.watch)
    return isatty(STDOUT_FILENO) == 1 ? watch_on_terminal(options.run_file)
                                      : watch_in_lines(options.run_file);
  const std::optional<SubmissionRecord> record = read_record(options.run_file);
  const QueueState queue = record ? queue_state(*record) : QueueState();
  // The run file comes with the first start of the batch job; of an array, with the merge.
  if (record && !std::filesystem::exists(options.run_file)) {
    write_standard_output(options.json
                              ? submitted_json(options.run_file, *record, queue)
                              : unrecorded_text(options.run_file, *record) + queue_text(*record, queue));
    return ExitStatus::success;
  }
  const RunStatus status = read_run_status(options.run_file);
  write_standard_output(options.json ? with_queue(status_json(status), record, queue)
                                     : status_text(status) + (record ? queue_text(*record, queue) : ""));
  return ExitStatus::success;
}

}  // namespace

void add_status_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "status", "Show how far a run is");
  const auto options = std::make_shared<StatusOptions>();
  command->add_option("run", options->run_file, "The run file")->required();
  CLI::Option* json = command->add_flag("--json", options->json, "Print one JSON object");
  command
      ->add_flag("--watch", options->watch,
                 "Show it again every second (in a file or a pipe: at growing intervals) until the run ends")
      ->excludes(json);
  command->footer("Example: fanfold status pi.run --watch");
  command->callback([options, &action] { action = [options] { return show_status(*options); }; });
}

}  // namespace fanfold
