// How long the main thread may sleep between two looks for messages.
#pragma once

#include <algorithm>
#include <chrono>

namespace fanfold {

/// Open MPI's own waiting burns a whole CPU, so the main thread looks for messages and sleeps in between: not
/// at all for a few looks after a message, then some tens of microseconds, then longer the longer nothing
/// comes. An idle rank costs 2 to 3% of a CPU at 1 ms between looks, under 1% at 5 ms.
class Pacer {
 public:
  using Duration = std::chrono::nanoseconds;

  explicit Pacer(Duration longest) : longest_(longest) {}

  /// A message came or went.
  void busy() { quiet_looks_ = 0; }

  /// Nothing happened at this look: the time to sleep before the next one; zero: look again at once.
  Duration next_sleep() {
    ++quiet_looks_;
    if (quiet_looks_ <= eager_looks) return Duration::zero();
    const int doublings = std::min((quiet_looks_ - eager_looks) / looks_per_doubling, 12);
    return std::min<Duration>(shortest * (1 << doublings), longest_);
  }

 private:
  static constexpr int eager_looks = 20;
  static constexpr int looks_per_doubling = 16;
  static constexpr Duration shortest = std::chrono::microseconds(20);
  Duration longest_;
  int quiet_looks_ = 0;
};

}  // namespace fanfold
