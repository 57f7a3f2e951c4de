#include "http/host_gate.hpp"

#include <algorithm>
#include <cmath>

namespace fanfold {
namespace {

using Seconds = HostGate::Seconds;

/// A thread that wakes so much too late does not lower the rate.
constexpr Seconds lateness{0.005};
constexpr Seconds first_rest{0.5};
constexpr Seconds longest_own_rest{30};
/// No host makes a run wait longer.
constexpr Seconds longest_rest{3600};

HostGate::Time after(HostGate::Time time, Seconds seconds) {
  return time + std::chrono::duration_cast<HostGate::Time::duration>(seconds);
}

}  // namespace

void HostGate::limit(std::uint32_t at_once, double rate) {
  at_once_ = at_once;
  rate_ = rate;
}

std::optional<HostGate::Time> HostGate::next() const {
  if (under_way_ >= at_once_) return std::nullopt;
  return next_;
}

void HostGate::sent(Time now) {
  ++under_way_;
  if (rate_ > 0) {
    const Seconds interval(std::min(1 / rate_, longest_rest.count()));
    next_ = after(std::max(next_, after(now, -std::min(lateness, interval))), interval);
  }
}

void HostGate::ended(Time now, Time sent_at, bool refused, std::optional<Seconds> rest) {
  --under_way_;
  if (!refused) {
    if (sent_at > last_refusal_) refusals_ = 0;
  } else if (rest) {
    rest_until(after(now, std::clamp(*rest, Seconds(0), longest_rest)));
  } else if (refusals_ == 0 || sent_at > last_refusal_) {
    const Seconds own = first_rest * std::exp2(std::min(refusals_, 16U));
    ++refusals_;
    last_refusal_ = now;
    rest_until(after(now, std::min(own, longest_own_rest)));
  }
}

void HostGate::rest_until(Time time) { next_ = std::max(next_, time); }

}  // namespace fanfold
