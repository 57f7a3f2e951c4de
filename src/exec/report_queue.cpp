#include "exec/report_queue.hpp"

#include <utility>

namespace fanfold {
namespace {

constexpr std::size_t room_bytes = 100 << 20;

/// About how much memory a report holds.
std::size_t weight(const Report& report) {
  std::size_t bytes = 256 + report.partial.size() + 48 * report.finished.range_count();
  for (const FailedTasks& failed : report.failures) bytes += failed.tasks.size() + failed.reason.size();
  for (const KeptColumns& columns : report.columns) bytes += columns.data.size();
  for (const Outcome& outcome : report.outcomes) bytes += 256 + outcome.output.size() + outcome.errors.size();
  return bytes;
}

}  // namespace

void ReportQueue::push(Report report) {
  {
    const MutexLock lock(mutex_);
    bytes_ += weight(report);
    reports_.push_back(std::move(report));
  }
  wake_();
}

std::vector<Report> ReportQueue::take() {
  const MutexLock lock(mutex_);
  if (bytes_.exchange(0) > room_bytes) taken_.notify_all();
  return std::exchange(reports_, {});
}

bool ReportQueue::empty() const {
  const MutexLock lock(mutex_);
  return reports_.empty();
}

void ReportQueue::wait_for_room() {
  if (bytes_.load(std::memory_order_relaxed) <= room_bytes) return;
  const MutexLock lock(mutex_);
  while (bytes_ > room_bytes && !closed_) taken_.wait(mutex_);
}

void ReportQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  taken_.notify_all();
}

}  // namespace fanfold
