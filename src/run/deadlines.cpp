#include "run/deadlines.hpp"

#include <algorithm>
#include <cmath>

namespace fanfold {
namespace {

/// What the end itself takes: running programs are ended, the last commit, the goodbyes; in a short time, a
/// part of it.
constexpr double leave_seconds = 5;
constexpr double leave_share = 0.02;

/// Where nothing is known of the tasks yet: time for one that runs.
constexpr double unknown_seconds = 55;
constexpr double unknown_share = 0.08;

}  // namespace

void Spread::add(double value) {
  ++count_;
  const double difference = value - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (value - mean_);
}

double Spread::upper() const {
  return mean_ + 2 * std::sqrt(squares_ / static_cast<double>(std::max<std::uint64_t>(count_, 1)));
}

Deadlines::Deadlines(double begin, double end)
    : length_(std::max(0.0, end - begin)), abandon_(end - std::min(leave_seconds, leave_share * length_)) {}

double Deadlines::drain(std::optional<double> task_seconds) const {
  return abandon_ - task_seconds.value_or(std::min(unknown_seconds, unknown_share * length_));
}

}  // namespace fanfold
