// The clock of reports: a thread that acts at intervals while there is something to report.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "core/annotated_mutex.hpp"

namespace fanfold {

/// For many threads.
class ReportTimer {
 public:
  /// Once started, `tick` is called from the timer's thread, an interval after `start` and again as long as
  /// it returns true.
  ReportTimer(std::chrono::duration<double> interval, std::function<bool()> tick);
  /// Waits for a tick that is under way.
  ~ReportTimer();

  /// Does nothing if it runs already.
  void start() FANFOLD_EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  void run() FANFOLD_EXCLUDES(mutex_);
  bool wait_for_tick() FANFOLD_EXCLUDES(mutex_);

  const Clock::duration interval_;
  const std::function<bool()> tick_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool running_ FANFOLD_GUARDED_BY(mutex_) = false;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace fanfold
