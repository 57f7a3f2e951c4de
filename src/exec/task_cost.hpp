// What tasks cost, as measured.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace fanfold {

/// The mean time of the tasks so far. For many threads.
class TaskCost {
 public:
  /// Some tasks took so much time of one thread together.
  void add(std::uint64_t tasks, double seconds) {
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(seconds * 1e9), std::memory_order_relaxed);
    tasks_.fetch_add(tasks, std::memory_order_relaxed);
  }
  /// Seconds; none before the first task.
  std::optional<double> mean() const {
    const std::uint64_t tasks = tasks_.load(std::memory_order_relaxed);
    if (tasks == 0) return std::nullopt;
    return 1e-9 * static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) /
           static_cast<double>(tasks);
  }

 private:
  std::atomic<std::uint64_t> tasks_ = 0;
  std::atomic<std::uint64_t> nanoseconds_ = 0;
};

/// Longer tasks are reported when they start, and fetched in advance one per slot at most.
inline constexpr double long_task_seconds = 0.05;

}  // namespace fanfold
