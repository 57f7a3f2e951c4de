// A queue between two pools.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"

namespace fanfold {

/// Holds up to `capacity` items; whoever pushes more waits. Many threads push, `takers` threads take. Once
/// closed, nothing is pushed or taken any more.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t capacity, std::size_t takers) : capacity_(capacity), takers_(takers) {}

  /// False, and the item is dropped, if the queue is closed.
  bool push(T item) FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (items_.size() >= capacity_ && !closed_) taken_.wait(mutex_);
    if (closed_) return false;
    items_.push_back(std::move(item));
    pushed_.notify_one();
    return true;
  }

  /// Waits for an item and takes this taker's share of what is there. Empty: the queue is closed.
  std::vector<T> take_share() FANFOLD_EXCLUDES(mutex_) {
    std::vector<T> share;
    const MutexLock lock(mutex_);
    while (items_.empty() && !closed_) pushed_.wait(mutex_);
    if (closed_) return share;
    const std::size_t count = (items_.size() + takers_ - 1) / takers_;
    for (std::size_t item = 0; item < count; ++item) {
      share.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    taken_.notify_all();
    return share;
  }

  void close() FANFOLD_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
    items_.clear();
    pushed_.notify_all();
    taken_.notify_all();
  }

 private:
  const std::size_t capacity_;
  const std::size_t takers_;
  Mutex mutex_;
  ConditionVariable pushed_;
  ConditionVariable taken_;
  std::deque<T> items_ FANFOLD_GUARDED_BY(mutex_);
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace fanfold
