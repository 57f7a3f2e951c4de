// When the next request may go to a host.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace fanfold {

/// The limits of one host: so many requests at the same time, so many in a second, and none while the host
/// wants to rest. No clock, no threads: whoever asks says what time it is.
class HostGate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Seconds = std::chrono::duration<double>;

  /// `rate`: requests per second; 0: no limit.
  void limit(std::uint32_t at_once, double rate);

  /// The earliest time at which a request may be sent; the past if now. None: when another one has ended.
  std::optional<Time> next() const;

  void sent(Time now);
  /// A request that was sent has ended. `refused`: the host answered that it has too much to do; `rest` is
  /// what it asks for, or nothing: then it gets half a second, twice as much each time that it refuses again
  /// after a rest, at most half a minute.
  void ended(Time now, Time sent_at, bool refused, std::optional<Seconds> rest);

  std::uint32_t under_way() const { return under_way_; }
  /// True if it knows nothing that a new gate would not.
  bool is_fresh(Time now) const { return under_way_ == 0 && next_ <= now && refusals_ == 0; }

 private:
  void rest_until(Time time);

  std::uint32_t at_once_ = 1;
  double rate_ = 0;
  std::uint32_t under_way_ = 0;
  Time next_{};                 // by rate and rest
  Time last_refusal_{};         // the beginning of the last rest that the host did not ask for itself
  std::uint32_t refusals_ = 0;  // in a row, each sent after the rest of the one before
};

}  // namespace fanfold
