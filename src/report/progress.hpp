// What the user sees while a run is under way.
#pragma once

#include <memory>

#include "report/terminal.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// On a terminal one line that is redrawn in place; in a log file a dated line at growing intervals (1 s
/// after the start, then 2, 5, 10, 30 s, 1, 2, 5 minutes, and every 10), never a flood.
class Progress final : public RunObserver {
 public:
  /// `terminal` is what set_up_logging returned; `shown`: false for --quiet.
  Progress(std::shared_ptr<Terminal> terminal, bool shown);
  ~Progress() override;

  void on_start(std::uint64_t tasks, std::uint64_t finished) override;
  void on_progress(const Snapshot& snapshot) override;
  void on_end(const Snapshot& snapshot) override;

 private:
  std::shared_ptr<Terminal> terminal_;
  bool shown_;
  bool interactive_;
  double next_line_ = 1;
};

/// When the log line after the one at `seconds` is due.
double next_line_after(double seconds);

/// One line: done of total, failed, rate, elapsed, remaining, load for each rank.
std::string progress_line(const Snapshot& snapshot);

}  // namespace fanfold
