#include "schedule/waiting_tasks.hpp"

#include <algorithm>
#include <cassert>

namespace fanfold {

WaitingTasks::Positions::const_iterator WaitingTasks::next(For whom) const {
  auto entry = positions_.begin();
  while (whom == For::those_without_suspects && entry != positions_.end() && entry->first.is_suspect())
    ++entry;
  return entry;
}

double WaitingTasks::next_cost(For whom) const {
  assert(has(whom));
  return order_.cost(next(whom)->second.first()->begin);
}

void WaitingTasks::put_positions(Manner manner, TaskRange positions) {
  if (positions.empty()) return;
  TaskSet& set = positions_[manner];
  assert(!set.intersects(positions));
  set.insert(positions);
  count_ += positions.size();
  cost_ += order_.cost(positions);
}

void WaitingTasks::put(Manner manner, TaskRange tasks) {
  order_.visit_positions(tasks, [&](TaskRange positions) { put_positions(manner, positions); });
}

void WaitingTasks::change(TaskRange tasks, Manner manner) {
  TaskSet moved;
  order_.visit_positions(tasks, [&](TaskRange positions) { moved.insert(positions); });
  const auto fresh = positions_.find(Manner{});
  if (fresh == positions_.end()) return;
  TaskSet others = moved;
  others.erase(fresh->second);
  moved.erase(others);
  fresh->second.erase(moved);
  if (fresh->second.empty()) positions_.erase(fresh);
  if (!moved.empty()) positions_[manner].insert(moved);
}

WaitingTasks::Taken WaitingTasks::take(const ChunkLimit& limit, For whom) {
  assert(has(whom));
  const auto next = positions_.find(this->next(whom)->first);
  ChunkLimit bounded{std::max<std::uint64_t>(limit.tasks, 1), limit.cost};
  if (next->first.is_suspect()) bounded.tasks = std::min(bounded.tasks, next->first.together);
  Taken taken;
  taken.manner = next->first;
  while (!next->second.empty() && taken.count < bounded.tasks) {
    const TaskRange positions = first_positions(next->second, bounded, taken);
    if (positions.empty()) break;
    next->second.erase(positions);
    order_.append_tasks(positions, taken.tasks);
    taken.count += positions.size();
    taken.cost += order_.cost(positions);
  }
  if (next->second.empty()) positions_.erase(next);
  count_ -= taken.count;
  cost_ = count_ == 0 ? 0 : std::max(0.0, cost_ - taken.cost);  // rounding must not pile up
  return taken;
}

/// As much of the first range as the limits allow beside what was taken already; at least one task if that is
/// nothing.
TaskRange WaitingTasks::first_positions(TaskSet& positions, const ChunkLimit& limit,
                                        const Taken& taken) const {
  TaskRange range = *positions.first();
  range.end = std::min(range.end, range.begin + std::min(range.size(), limit.tasks - taken.count));
  double room = limit.cost - taken.cost;
  if (!order_.knows_costs()) {
    if (room < static_cast<double>(range.size()))
      range.end = range.begin + static_cast<std::uint64_t>(std::max(room, 0.0));
  } else {
    std::uint64_t end = range.begin;
    while (end < range.end && (room -= order_.cost(end)) >= 0) ++end;
    range.end = end;
  }
  if (taken.count == 0 && range.empty()) ++range.end;
  return range;
}

}  // namespace fanfold
