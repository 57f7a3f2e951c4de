#include "schedule/measured_cost.hpp"

#include <algorithm>
#include <cmath>

namespace fanfold {
namespace {

constexpr double memory = 0.94;                // of 16 reports or so
constexpr double least_seconds = 1e-10;        // clocks may say 0
constexpr double largest_rise = 16;            // of one report against the average …
constexpr double largest_rising_share = 0.25;  // … and its weight then: 16^0.25 = 2

}  // namespace

void MeasuredCost::add(double seconds, double units) {
  if (!std::isfinite(seconds) || !std::isfinite(units) || units <= 0) return;
  const double sample = std::max(seconds / units, least_seconds);
  recent_units_ = recent_units_ * memory + units;
  recent_seconds_ = recent_seconds_ * memory + sample * units;
  if (!seconds_) {
    seconds_ = sample;
    return;
  }
  const double share = std::max(units / recent_units_, sample * units / recent_seconds_);
  if (sample > *seconds_) {
    seconds_ = *seconds_ *
               std::pow(std::min(sample / *seconds_, largest_rise), std::min(share, largest_rising_share));
  } else {
    seconds_ = *seconds_ * std::pow(sample / *seconds_, share);
  }
}

}  // namespace fanfold
