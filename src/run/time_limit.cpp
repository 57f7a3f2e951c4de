#include "run/time_limit.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace fanfold {
namespace {

double seconds_until(WallTime time) {
  return std::chrono::duration<double>(time - std::chrono::system_clock::now()).count();
}

}  // namespace

TimeLimit::TimeLimit(const RunPolicy& policy, WallTime began)
    : seconds_before_(std::max(0.0, -seconds_until(began))) {
  if (policy.walltime) {
    deadlines_.emplace(-seconds_before_, policy.walltime->count() - seconds_before_);
  } else {
    asked_ = std::async(std::launch::async, find_allocation_end);
  }
}

const std::optional<Deadlines>& TimeLimit::at(double now) {
  const bool answered =
      asked_.valid() && asked_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  if (!answered) return deadlines_;
  if (const std::optional<WallTime> end = asked_.get()) {
    const double left = seconds_until(*end);
    spdlog::info("the allocation ends in {:.0f} s", left);
    deadlines_.emplace(-seconds_before_, now + left);
  }
  return deadlines_;
}

}  // namespace fanfold
