#include "schedule/rank_work.hpp"

#include <algorithm>
#include <cassert>

namespace fanfold {
namespace {

/// Workers report finished parts every 0.1 s: later than this, nothing has finished since the last report.
constexpr double report_overdue_seconds = 0.25;

}  // namespace

void RankWork::issue(const Chunk& chunk, std::uint64_t tasks, double cost, double now) {
  if (outstanding_ == 0) progress_at_ = now;
  IssuedChunk& issued = chunks_[chunk.id];
  issued.attempt = chunk.attempt;
  for (const TaskRange& range : chunk.tasks) issued.tasks.insert(range);
  outstanding_ += tasks;
  cost_ += cost;
  gave_all = false;
}

IssuedChunk* RankWork::find(ChunkId id) {
  const auto found = chunks_.find(id);
  return found == chunks_.end() ? nullptr : &found->second;
}

void RankWork::start(IssuedChunk& chunk, const TaskSet& tasks) {
  chunk.started.insert(tasks);
  started_ += tasks.size();
}

void RankWork::remove(ChunkId id, const TaskSet& tasks, double cost) {
  const auto found = chunks_.find(id);
  assert(found != chunks_.end());
  IssuedChunk& chunk = found->second;
  const std::uint64_t started_before = chunk.started.size();
  chunk.tasks.erase(tasks);
  chunk.started.erase(tasks);
  started_ -= started_before - chunk.started.size();
  outstanding_ -= tasks.size();
  cost_ = outstanding_ == 0 ? 0 : std::max(0.0, cost_ - cost);  // rounding must not pile up
  if (chunk.tasks.empty()) chunks_.erase(found);
}

void RankWork::clear() {
  chunks_.clear();
  outstanding_ = started_ = 0;
  cost_ = 0;
}

std::uint64_t RankWork::unstarted_at_most() const {
  return outstanding_ - std::min(outstanding_, std::max<std::uint64_t>(slots_, started_));
}

std::uint64_t RankWork::unstarted(const Pace& pace, double now) const {
  const std::uint64_t at_most = unstarted_at_most();
  const std::optional<double> seconds = task_seconds(pace);
  const double elapsed = now - progress_at_;
  if (!seconds || *seconds >= pace.long_task_seconds || elapsed > report_overdue_seconds) return at_most;
  const double begun = elapsed * slots_ / *seconds;
  return begun >= static_cast<double>(at_most) ? 0 : at_most - static_cast<std::uint64_t>(begun);
}

double RankWork::expected_end(const Pace& pace) const {
  return progress_at_ + cost_ * pace.cost_seconds.value_or(1) / slots_;
}

std::optional<double> RankWork::task_seconds(const Pace& pace) const {
  if (!pace.cost_seconds || outstanding_ == 0) return std::nullopt;
  return *pace.cost_seconds * cost_ / static_cast<double>(outstanding_);
}

std::optional<TaskSet> part_of(const TaskSet& whole, std::span<const TaskRange> ranges) {
  TaskSet part;
  for (const TaskRange& range : ranges) {
    if (range.empty() || !whole.contains(range) || part.intersects(range)) return std::nullopt;
    part.insert(range);
  }
  return part;
}

}  // namespace fanfold
