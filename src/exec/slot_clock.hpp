// How long a slot was busy.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace fanfold {

/// One thread begins and ends pieces of work, any thread reads.
class alignas(64) SlotClock {
 public:
  using Clock = std::chrono::steady_clock;

  void begin(Clock::time_point now) { since_.store(count(now), std::memory_order_release); }
  void end(Clock::time_point now) {
    const std::int64_t since = since_.exchange(0, std::memory_order_acq_rel);
    busy_.fetch_add(count(now) - since, std::memory_order_release);
  }

  /// Seconds since the construction, a piece of work that goes on included. A reading between two pieces may
  /// be short of the last one; the next reading has it.
  double busy_seconds(Clock::time_point now) const {
    const std::int64_t busy = busy_.load(std::memory_order_acquire);
    const std::int64_t since = since_.load(std::memory_order_acquire);
    return 1e-9 * static_cast<double>(busy + (since == 0 ? 0 : count(now) - since));
  }

 private:
  static std::int64_t count(Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }

  std::atomic<std::int64_t> busy_ = 0;   // nanoseconds of pieces that ended
  std::atomic<std::int64_t> since_ = 0;  // when the piece under way began, or 0
};

}  // namespace fanfold
