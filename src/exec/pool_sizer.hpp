// Measures what the I/O threads do and sets how many of them work.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/annotated_mutex.hpp"
#include "exec/pool_size.hpp"

namespace fanfold {

/// For many threads.
class PoolSizer {
 public:
  using Clock = std::chrono::steady_clock;

  /// Without limits the size stays `size`. `busy` says how many threads have a task now.
  PoolSizer(std::uint32_t size, std::optional<PoolSize::Limits> limits, std::function<std::uint64_t()> busy);

  bool adapts() const { return adapts_; }
  std::uint32_t size() const { return size_.load(std::memory_order_relaxed); }

  /// A task ended that a thread worked on for this time. True if the size is another now.
  bool on_ended(Clock::time_point begin, double seconds, bool failed) FANFOLD_EXCLUDES(mutex_);
  /// A thread had to wait for a task: how many short ones are done in this period says nothing.
  void on_starved() FANFOLD_EXCLUDES(mutex_);

  /// The thread of this slot waits until the size has room for it. False if it was closed.
  bool wait_for_room(std::uint32_t slot) FANFOLD_EXCLUDES(mutex_);
  void close() FANFOLD_EXCLUDES(mutex_);

 private:
  void begin_period(Clock::time_point now) FANFOLD_REQUIRES(mutex_);

  std::atomic<std::uint32_t> size_;
  const bool adapts_;
  const std::function<std::uint64_t()> busy_;
  Mutex mutex_;
  ConditionVariable changed_;
  PoolSize controller_ FANFOLD_GUARDED_BY(mutex_);
  PoolSize::Period period_ FANFOLD_GUARDED_BY(mutex_);
  Clock::time_point period_begin_ FANFOLD_GUARDED_BY(mutex_);
  double cpu_at_begin_ FANFOLD_GUARDED_BY(mutex_) = 0;
  double memory_at_start_ FANFOLD_GUARDED_BY(mutex_) = 0;
  bool tasks_are_long_ FANFOLD_GUARDED_BY(mutex_) = false;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
};

/// How many I/O threads a process can have that opens some files for each; at most 1024.
std::uint32_t most_io_threads();

}  // namespace fanfold
