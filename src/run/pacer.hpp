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

  /// For whoever has to look for messages.
  explicit Pacer(Duration longest) : Pacer(std::chrono::microseconds(20), longest) {}
  /// For whoever is woken when something comes: the same longest time from the first sleep on, for each look
  /// takes a CPU from somebody else's work.
  static Pacer for_woken(Duration longest) { return {longest, longest}; }

  /// A message came or went.
  void busy() { quiet_looks_ = 0; }

  /// Nothing happened at this look: the time to sleep before the next one; zero: look again at once.
  Duration next_sleep() {
    ++quiet_looks_;
    if (quiet_looks_ <= eager_looks) return Duration::zero();
    const int doublings = std::min((quiet_looks_ - eager_looks) / looks_per_doubling, 12);
    return std::min<Duration>(shortest_ * (1 << doublings), longest_);
  }

 private:
  Pacer(Duration shortest, Duration longest) : shortest_(shortest), longest_(longest) {}

  static constexpr int eager_looks = 20;
  static constexpr int looks_per_doubling = 16;
  Duration shortest_;
  Duration longest_;
  int quiet_looks_ = 0;
};

}  // namespace fanfold
