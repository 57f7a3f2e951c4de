#include "core/task_set.hpp"

#include <algorithm>
#include <cassert>

namespace fanfold {

std::uint64_t size_of(const TaskList& tasks) {
  std::uint64_t size = 0;
  for (const TaskRange& range : tasks) size += range.size();
  return size;
}

void append(TaskList& tasks, TaskIndex task) {
  if (!tasks.empty() && tasks.back().end == task.value()) {
    ++tasks.back().end;
  } else {
    tasks.push_back({task.value(), task.value() + 1});
  }
}

void encode(ByteWriter& out, const TaskList& tasks) {
  out.varint(tasks.size());
  std::uint64_t previous = 0;
  for (const TaskRange& range : tasks) {
    out.zigzag(static_cast<std::int64_t>(range.begin - previous));
    out.varint(range.size());
    previous = range.end;
  }
}

TaskList decode_task_list(ByteReader& in) {
  TaskList tasks(in.count(2));
  std::uint64_t previous = 0;
  for (TaskRange& range : tasks) {
    range.begin = previous + static_cast<std::uint64_t>(in.zigzag());
    range.end = range.begin + in.varint();
    if (range.empty()) throw DecodeError("a range of tasks is empty or overflows");
    previous = range.end;
  }
  return tasks;
}

void TaskSet::insert(TaskRange range) {
  if (range.empty()) return;
  auto next = ranges_.upper_bound(range.begin);
  if (next != ranges_.begin() && std::prev(next)->second >= range.begin) --next;
  while (next != ranges_.end() && next->first <= range.end) {
    range.begin = std::min(range.begin, next->first);
    range.end = std::max(range.end, next->second);
    size_ -= next->second - next->first;
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, range.begin, range.end);
  size_ += range.size();
}

void TaskSet::insert(const TaskSet& other) {
  for (const auto& [begin, end] : other.ranges_) insert({begin, end});
}

void TaskSet::erase(TaskRange range) {
  if (range.empty()) return;
  auto next = ranges_.upper_bound(range.begin);
  if (next != ranges_.begin() && std::prev(next)->second > range.begin) --next;
  while (next != ranges_.end() && next->first < range.end) {
    const TaskRange old{next->first, next->second};
    next = ranges_.erase(next);
    size_ -= old.size();
    if (old.begin < range.begin) {
      ranges_.emplace(old.begin, range.begin);
      size_ += range.begin - old.begin;
    }
    if (range.end < old.end) {
      next = ranges_.emplace(range.end, old.end).first;
      size_ += old.end - range.end;
    }
  }
}

void TaskSet::erase(const TaskSet& other) {
  for (const auto& [begin, end] : other.ranges_) erase({begin, end});
}

bool TaskSet::contains(TaskIndex task) const { return contains(TaskRange{task.value(), task.value() + 1}); }

bool TaskSet::contains(TaskRange range) const {
  if (range.empty()) return true;
  const auto next = ranges_.upper_bound(range.begin);
  return next != ranges_.begin() && std::prev(next)->second >= range.end;
}

bool TaskSet::intersects(TaskRange range) const {
  if (range.empty()) return false;
  const auto next = ranges_.lower_bound(range.end);
  return next != ranges_.begin() && std::prev(next)->second > range.begin;
}

std::vector<TaskRange> TaskSet::ranges() const {
  std::vector<TaskRange> result;
  result.reserve(ranges_.size());
  for (const auto& [begin, end] : ranges_) result.push_back({begin, end});
  return result;
}

std::optional<TaskRange> TaskSet::first() const {
  if (ranges_.empty()) return std::nullopt;
  return TaskRange{ranges_.begin()->first, ranges_.begin()->second};
}

TaskRange TaskSet::take_front(std::uint64_t count) {
  assert(!empty());
  const auto front = ranges_.begin();
  const TaskRange taken{front->first, front->first + std::min(count, front->second - front->first)};
  erase(taken);
  return taken;
}

void encode(ByteWriter& out, const TaskSet& tasks) { encode(out, tasks.ranges()); }

TaskSet decode_task_set(ByteReader& in) {
  TaskSet tasks;
  for (const TaskRange& range : decode_task_list(in)) tasks.insert(range);
  return tasks;
}

}  // namespace fanfold
