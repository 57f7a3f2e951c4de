// Tasks that go from one run file into another, where they may have other numbers.
#pragma once

#include <optional>
#include <vector>

#include "core/task_set.hpp"

namespace fanfold {

/// Consecutive tasks that are consecutive there, too.
struct MovedTasks {
  TaskRange from;
  TaskIndex to;  ///< what from.begin becomes
  bool operator==(const MovedTasks&) const = default;

  TaskRange target() const { return {to.value(), to.value() + from.size()}; }
};

/// Disjoint in both files, ascending in the file that they come from.
using MovedList = std::vector<MovedTasks>;

/// Tasks that keep their numbers.
inline MovedList unmoved(const TaskSet& tasks) {
  MovedList list;
  for (const TaskRange& range : tasks.ranges()) list.push_back({range, TaskIndex(range.begin)});
  return list;
}

/// Walks through a list beside something else that ascends.
class MovedCursor {
 public:
  explicit MovedCursor(const MovedList& tasks) : next_(tasks.begin()), end_(tasks.end()) {}

  /// The number that a task has in the other file; none if it does not go there. Precondition: not below the
  /// last one asked for.
  std::optional<TaskIndex> target_of(TaskIndex task) {
    while (next_ != end_ && next_->from.end <= task.value()) ++next_;
    if (next_ == end_ || next_->from.begin > task.value()) return std::nullopt;
    return TaskIndex(next_->to.value() + (task.value() - next_->from.begin));
  }

 private:
  MovedList::const_iterator next_;
  MovedList::const_iterator end_;
};

}  // namespace fanfold
