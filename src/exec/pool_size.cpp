#include "exec/pool_size.hpp"

#include <algorithm>
#include <cmath>

namespace fanfold {
namespace {

/// More threads must bring at least this share of what they would bring if tasks did not hinder each other.
constexpr double least_gain = 0.2;
/// If they bring this share, tasks only wait: the next step is a large one.
constexpr double full_gain = 0.85;
constexpr std::uint32_t small_step = 2;
constexpr std::uint32_t large_step = 8;

/// A share of failures that is higher by this is the fault of the threads.
constexpr double more_failures = 0.05;

/// A rate below this share of what it was, several times in a row, is not chance: the tasks are others now.
constexpr double slow_share = 0.6;
constexpr std::uint32_t slow_periods_that_count = 3;

constexpr std::uint32_t most_periods_to_hold = 256;

}  // namespace

void PoolSize::on_period(const Period& period) {
  const double failed_share = static_cast<double>(period.failed) / static_cast<double>(period.tasks);
  const Measured now{size_, rate_in(period) * (1 - failed_share), failed_share};
  const std::uint32_t most = most_for(period);
  if (climbing_) {
    climb(now, most);
  } else {
    hold(now, most);
  }
}

/// Tasks a second. Of long tasks few ended, at moments that are chance: what each took says more.
double PoolSize::rate_in(const Period& period) const {
  const auto tasks = static_cast<double>(period.tasks);
  if (period.task_seconds > long_task_seconds * tasks) return size_ * tasks / period.task_seconds;
  return tasks / period.seconds;
}

/// Tasks that take so much CPU time do not go faster with more threads than these; more tasks than memory
/// holds would go nowhere.
std::uint32_t PoolSize::most_for(const Period& period) const {
  std::uint32_t most = limits_.most;
  if (period.memory_is_short) most = std::min(most, size_);
  const double cpu_share = period.task_seconds > 0 ? period.cpu_seconds / period.task_seconds : 0;
  const double for_cpus = limits_.first / std::max(cpu_share, 1e-6);
  if (for_cpus < most) most = static_cast<std::uint32_t>(for_cpus);
  return std::max(most, limits_.first);
}

bool PoolSize::is_better(const Measured& now, const Measured& before) const {
  if (now.failed_share > before.failed_share + more_failures) return false;
  const double growth = static_cast<double>(now.size) / before.size;
  return now.rate >= before.rate * (1 + least_gain * (growth - 1));
}

void PoolSize::climb(const Measured& now, std::uint32_t most) {
  // Where even the most threads would not fill the CPUs, tasks only wait, for all that is known at first.
  std::uint32_t factor = !best_ && most == limits_.most ? large_step : small_step;
  if (best_ && now.size > best_->size) {
    if (!is_better(now, *best_)) {
      if (now.size > small_step * best_->size)
        return go_to(small_step * best_->size);  // perhaps that was too far
      climbing_ = false;
      return go_to(best_->size);
    }
    const double growth = static_cast<double>(now.size) / best_->size;
    if (now.rate >= best_->rate * full_gain * growth) factor = large_step;
  }
  only_waits_ = factor == large_step;
  best_ = now;
  const std::uint32_t next = std::min(now.size * factor, most);
  if (next <= now.size) climbing_ = false;
  go_to(std::max(next, now.size));
}

/// Looks now and then whether more threads do more now, or fewer no less; the less often the longer they do
/// not.
void PoolSize::hold(const Measured& now, std::uint32_t most) {
  if (now.size != best_->size) return judge_look(now, most);
  const bool is_slow = now.rate < slow_share * best_->rate;
  slow_periods_ = is_slow ? slow_periods_ + 1 : 0;
  if (slow_periods_ >= slow_periods_that_count) {
    // What was known is of other tasks: from the beginning.
    slow_periods_ = 0;
    periods_to_hold_ = first_periods_to_hold;
    best_.reset();
    climbing_ = true;
    return go_to(std::max(limits_.first, std::min(size_ / small_step, most)));
  }
  if (!is_slow) best_->rate = 0.75 * best_->rate + 0.25 * now.rate;
  best_->failed_share = now.failed_share;
  if (++periods_held_ < periods_to_hold_) return;
  periods_held_ = 0;
  looks_down_ = !looks_down_ && !only_waits_;
  const std::uint32_t smaller = std::max(limits_.first, size_ - size_ / 3);
  const std::uint32_t larger = std::max(size_, std::min(most, size_ + std::max(1U, size_ / 2)));
  go_to(looks_down_ ? smaller : larger);
}

void PoolSize::judge_look(const Measured& now, std::uint32_t most) {
  const bool is_larger = now.size > best_->size;
  if (is_larger && is_better(now, *best_)) {
    climbing_ = true;
    periods_to_hold_ = first_periods_to_hold;
    return climb(now, most);
  }
  if (!is_larger && now.rate >= best_->rate) {
    best_ = now;
    return;
  }
  periods_to_hold_ = std::min(2 * periods_to_hold_, most_periods_to_hold);
  go_to(best_->size);
}

}  // namespace fanfold
