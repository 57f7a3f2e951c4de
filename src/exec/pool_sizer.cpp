#include "exec/pool_sizer.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace fanfold {
namespace {

/// Shorter periods are chance.
constexpr std::chrono::milliseconds shortest_period{40};
constexpr std::uint32_t fewest_tasks = 4;

/// If fewer threads than that have a task, nothing is told of the others.
constexpr double least_busy_share = 0.75;

/// No more threads begin when less than this share of the memory that was available is left.
constexpr double memory_to_leave = 0.5;

/// Files that a thread may have open: the pipes of a program, a file, a connection.
constexpr std::uint64_t files_per_thread = 8;
constexpr std::uint64_t other_files = 64;
constexpr std::uint64_t most_threads = 1024;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// CPU time of this process and of the children that it has waited for.
double cpu_seconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage = {};
    if (getrusage(who, &usage) == 0) seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  return seconds;
}

/// kB of memory that can be had without swapping; 0 if it is not known.
double available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  double amount = 0;
  while (file >> name >> amount) {
    if (name == "MemAvailable:") return amount;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

PoolSizer::PoolSizer(std::uint32_t size, std::optional<PoolSize::Limits> limits,
                     std::function<std::uint64_t()> busy)
    : size_(size),
      adapts_(limits.has_value()),
      busy_(std::move(busy)),
      controller_(limits.value_or(PoolSize::Limits{size, size})) {
  if (!adapts_) return;
  const MutexLock lock(mutex_);
  memory_at_start_ = available_memory();
  begin_period(Clock::now());
}

bool PoolSizer::on_ended(Clock::time_point begin, double seconds, bool failed) {
  if (!adapts_) return false;
  const MutexLock lock(mutex_);
  if (begin < period_begin_) return false;
  ++period_.tasks;
  period_.failed += failed ? 1 : 0;
  period_.task_seconds += seconds;
  // Half of the threads, but for the first ones: those that came last have ended a task by then.
  if (period_.tasks < std::max(size() / 2, std::min(size(), fewest_tasks))) return false;
  const Clock::time_point now = Clock::now();
  if (now - period_begin_ < shortest_period) return false;
  tasks_are_long_ = period_.task_seconds > PoolSize::long_task_seconds * static_cast<double>(period_.tasks);
  if (static_cast<double>(busy_()) < least_busy_share * size()) {  // there are not enough tasks to tell
    begin_period(now);
    return false;
  }
  period_.seconds = std::chrono::duration<double>(now - period_begin_).count();
  period_.cpu_seconds = cpu_seconds() - cpu_at_begin_;
  period_.memory_is_short = available_memory() < memory_to_leave * memory_at_start_;
  controller_.on_period(period_);
  const bool changed = controller_.size() != size();
  if (changed) size_.store(controller_.size(), std::memory_order_relaxed);
  if (changed) changed_.notify_all();
  begin_period(now);
  return changed;
}

void PoolSizer::on_starved() {
  if (!adapts_) return;
  const MutexLock lock(mutex_);
  if (!tasks_are_long_) begin_period(Clock::now());
}

void PoolSizer::begin_period(Clock::time_point now) {
  period_ = {};
  period_begin_ = now;
  cpu_at_begin_ = cpu_seconds();
}

bool PoolSizer::wait_for_room(std::uint32_t slot) {
  if (slot < size()) return true;
  const MutexLock lock(mutex_);
  while (slot >= size() && !closed_) changed_.wait(mutex_);
  return !closed_;
}

void PoolSizer::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::uint32_t most_io_threads() {
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return most_threads;
  const std::uint64_t room = files.rlim_cur > other_files ? files.rlim_cur - other_files : 0;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room / files_per_thread, 1, most_threads));
}

}  // namespace fanfold
