// The source `sleep`: waits for some seconds. For trying things out: pools, schedules, timeouts.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/annotated_mutex.hpp"
#include "exec/source.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// Longer times are as good as for ever, and would overflow the clock: about 30 years.
constexpr double longest_seconds = 1e9;

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(std::min(seconds, longest_seconds)));
}

class Sleep final : public Source {
 public:
  Retrieved retrieve(const Retrieval& retrieval) const override {
    const double seconds = retrieval.numbers[0];
    Retrieved retrieved;
    if (!(seconds >= 0)) {
      retrieved.status = Status::failed;
      retrieved.error = fmt::format("cannot sleep for {} seconds", seconds);
      return retrieved;
    }
    const bool late = retrieval.timeout && retrieval.timeout->count() < seconds;
    const bool slept = wait_until(after(late ? retrieval.timeout->count() : seconds));
    if (!slept) {
      retrieved.status = Status::failed;
      retrieved.error = "interrupted";
    } else if (late) {
      retrieved.status = Status::timed_out;
      retrieved.error = fmt::format("timed out after {} s", retrieval.timeout->count());
    }
    return retrieved;
  }

  void interrupt() const override {
    const MutexLock lock(mutex_);
    interrupted_ = true;
    changed_.notify_all();
  }

 private:
  /// False if it was interrupted before that time.
  bool wait_until(Clock::time_point end) const {
    const MutexLock lock(mutex_);
    while (!interrupted_) {
      if (!changed_.wait_until(mutex_, end) && Clock::now() >= end) return true;
    }
    return false;
  }

  mutable Mutex mutex_;
  mutable ConditionVariable changed_;
  mutable bool interrupted_ FANFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace

SourceType sleep_source() {
  static const SourceInfo info = [] {
    SourceInfo sleep;
    sleep.name = "sleep";
    sleep.summary = "waits for some seconds";
    sleep.keys = {{"sleep", KeyKind::number, "seconds; fractions are possible"}};
    return sleep;
  }();
  return {&info, [](const Job&) -> std::unique_ptr<Source> { return std::make_unique<Sleep>(); }};
}

}  // namespace fanfold
