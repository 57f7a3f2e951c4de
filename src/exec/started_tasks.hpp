// Tasks that started, on their way from the pools to the main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "exec/chunk_work.hpp"

namespace fanfold {

/// For many threads.
class StartedTasks {
 public:
  /// A task is to be announced before it runs: it may be its rank's last. `wake` makes the main thread take
  /// the announcement; this returns when it was sent, or after a time in which the main thread had better
  /// things to do.
  template <typename Wake>
  void announce(ChunkId chunk, const TaskList& tasks, const Wake& wake) FANFOLD_EXCLUDES(mutex_) {
    const std::uint64_t number = add(chunk, tasks);
    wake();
    const auto end = std::chrono::steady_clock::now() + patience;
    const MutexLock lock(mutex_);
    while (sent_ < number && std::chrono::steady_clock::now() < end) changed_.wait_until(mutex_, end);
  }
  std::vector<ChunkTasks> take() FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    taken_ = added_;
    return std::exchange(started_, {});
  }
  /// What was taken was sent.
  void note_sent() FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    sent_ = taken_;
    changed_.notify_all();
  }

 private:
  static constexpr std::chrono::milliseconds patience{50};

  std::uint64_t add(ChunkId chunk, const TaskList& tasks) FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (started_.empty() || started_.back().chunk != chunk) started_.push_back({chunk, {}});
    for (const TaskRange& range : tasks) append(started_.back().tasks, range);
    return ++added_;
  }

  Mutex mutex_;
  ConditionVariable changed_;
  std::vector<ChunkTasks> started_ FANFOLD_GUARDED_BY(mutex_);
  std::uint64_t added_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::uint64_t taken_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::uint64_t sent_ FANFOLD_GUARDED_BY(mutex_) = 0;
};

}  // namespace fanfold
