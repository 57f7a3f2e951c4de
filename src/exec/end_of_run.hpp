// Word of the run's end for the threads that run tasks.
#pragma once

#include <chrono>

#include "core/annotated_mutex.hpp"

namespace fanfold {

/// For many threads.
class EndOfRun {
 public:
  /// The run is being ended: whatever ends it may have ended programs of tasks, too.
  void announce() FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    announced_ = true;
    changed_.notify_all();
  }

  bool is_announced() const FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return announced_;
  }

  /// Asked when a signal ended the program of a task. The same signal may be on its way to this rank, or to
  /// rank zero, so it is waited for a moment.
  bool is_near() FANFOLD_EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const MutexLock lock(mutex_);
    while (!announced_ && std::chrono::steady_clock::now() < end) changed_.wait_until(mutex_, end);
    return announced_;
  }

 private:
  static constexpr std::chrono::milliseconds patience{300};

  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool announced_ FANFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace fanfold
