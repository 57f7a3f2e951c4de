#include "schedule/rank_work.hpp"

#include <algorithm>
#include <cassert>

namespace fanfold {
namespace {

/// Workers report finished parts every 0.1 s: later than this, nothing has finished since the last report.
constexpr double report_overdue_seconds = 0.25;

}  // namespace

void RankWork::issue(const Chunk& chunk, WaitingTasks::Manner manner, std::uint64_t tasks, double cost,
                     double now) {
  assert(chunks_.empty() || chunks_.back().id < chunk.id);
  if (outstanding_ == 0) progress_at_ = now;
  IssuedChunk& issued = chunks_.emplace_back();
  issued.id = chunk.id;
  issued.attempt = chunk.attempt;
  issued.manner = manner;
  if (manner.is_suspect()) ++suspects_;
  for (const TaskRange& range : chunk.tasks) issued.tasks.insert(range);
  outstanding_ += tasks;
  cost_ += cost;
  gave_all = false;
}

std::vector<IssuedChunk>::iterator RankWork::position_of(ChunkId id) {
  return std::lower_bound(chunks_.begin() + static_cast<std::ptrdiff_t>(first_), chunks_.end(), id,
                          [](const IssuedChunk& chunk, ChunkId value) { return chunk.id < value; });
}

IssuedChunk* RankWork::find(ChunkId id) {
  const auto found = position_of(id);
  return found == chunks_.end() || found->id != id ? nullptr : &*found;
}

void RankWork::start(IssuedChunk& chunk, std::span<const TaskRange> tasks) {
  for (const TaskRange& range : tasks) {
    chunk.started.insert(range);
    started_ += range.size();
  }
}

void RankWork::remove(IssuedChunk& chunk, std::span<const TaskRange> tasks, double cost) {
  const std::uint64_t tasks_before = chunk.tasks.size();
  const std::uint64_t started_before = chunk.started.size();
  for (const TaskRange& range : tasks) {
    chunk.tasks.erase(range);
    chunk.started.erase(range);
  }
  outstanding_ -= tasks_before - chunk.tasks.size();
  started_ -= started_before - chunk.started.size();
  cost_ = outstanding_ == 0 ? 0 : std::max(0.0, cost_ - cost);  // rounding must not pile up
}

void RankWork::close(IssuedChunk& chunk) {
  if (!chunk.tasks.empty()) return;
  if (chunk.manner.is_suspect()) --suspects_;
  const auto position = position_of(chunk.id);
  if (position != chunks_.begin() + static_cast<std::ptrdiff_t>(first_)) {
    chunks_.erase(position);
    return;
  }
  // Chunks end at the front mostly, and tiny ones wait by the thousand: they are not moved up for each.
  ++first_;
  if (2 * first_ < chunks_.size()) return;
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

void RankWork::clear() {
  chunks_.clear();
  first_ = 0;
  outstanding_ = started_ = 0;
  suspects_ = 0;
  cost_ = 0;
}

std::uint64_t RankWork::unstarted_at_most() const {
  return outstanding_ - std::min(outstanding_, std::max<std::uint64_t>(slots_, started_));
}

std::uint64_t RankWork::unstarted(const Pace& pace, double now) const {
  const std::uint64_t at_most = unstarted_at_most();
  const std::optional<double> seconds = task_seconds(pace);
  if (!seconds || *seconds >= pace.long_task_seconds || overdue_seconds(now) > 0) return at_most;
  const double begun = (now - progress_at_) * slots_ / *seconds;
  return begun >= static_cast<double>(at_most) ? 0 : at_most - static_cast<std::uint64_t>(begun);
}

double RankWork::overdue_seconds(double now) const {
  const double elapsed = now - progress_at_;
  return elapsed > report_overdue_seconds ? elapsed : 0;
}

double RankWork::expected_end(const Pace& pace) const {
  return progress_at_ + cost_ * pace.cost_seconds.value_or(1) / slots_;
}

std::optional<double> RankWork::task_seconds(const Pace& pace) const {
  if (!pace.cost_seconds || outstanding_ == 0) return std::nullopt;
  return *pace.cost_seconds * cost_ / static_cast<double>(outstanding_);
}

bool is_part_of(const TaskSet& whole, std::span<const TaskRange> ranges) {
  for (const TaskRange& range : ranges) {
    if (range.empty() || !whole.contains(range)) return false;
  }
  if (ranges.size() < 2) return true;
  TaskSet part;
  for (const TaskRange& range : ranges) {
    if (part.intersects(range)) return false;
    part.insert(range);
  }
  return true;
}

}  // namespace fanfold
