// Reports on their way from the pools to the main thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// For many threads. Pushing never waits; a thread that produces much asks for room first, while it holds no
/// lock.
class ReportQueue {
 public:
  /// `wake` is called after each push.
  explicit ReportQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  void push(Report report) FANFOLD_EXCLUDES(mutex_);
  std::vector<Report> take() FANFOLD_EXCLUDES(mutex_);
  bool empty() const FANFOLD_EXCLUDES(mutex_);

  /// Waits while reports of more than some 100 MB lie here: their taker is slower than the pools.
  void wait_for_room() FANFOLD_EXCLUDES(mutex_);
  /// From now on there is room.
  void close() FANFOLD_EXCLUDES(mutex_);

 private:
  std::function<void()> wake_;
  std::atomic<std::size_t> bytes_ = 0;
  mutable Mutex mutex_;
  ConditionVariable taken_;
  std::vector<Report> reports_ FANFOLD_GUARDED_BY(mutex_);
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace fanfold
