#include "exec/report_timer.hpp"

#include <utility>

#include "exec/pool.hpp"

namespace fanfold {

ReportTimer::ReportTimer(std::chrono::duration<double> interval, std::function<bool()> tick)
    : interval_(std::chrono::duration_cast<Clock::duration>(interval)),
      tick_(std::move(tick)),
      thread_([this] { run(); }) {}

ReportTimer::~ReportTimer() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void ReportTimer::start() {
  const MutexLock lock(mutex_);
  if (running_) return;
  running_ = true;
  changed_.notify_all();
}

void ReportTimer::run() {
  block_signals();
  while (wait_for_tick()) {
    {
      // Stopped before the tick looks: what comes while it looks starts the timer again.
      const MutexLock lock(mutex_);
      running_ = false;
    }
    if (tick_()) start();
  }
}

bool ReportTimer::wait_for_tick() {
  const MutexLock lock(mutex_);
  while (!running_ && !closed_) changed_.wait(mutex_);
  const Clock::time_point due = Clock::now() + interval_;
  while (!closed_ && Clock::now() < due) changed_.wait_until(mutex_, due);
  return !closed_;
}

}  // namespace fanfold
