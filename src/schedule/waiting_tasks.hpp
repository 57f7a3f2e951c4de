// The tasks that are not issued: new ones, those that came back, and those that are to be tried again.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "core/ids.hpp"
#include "core/task_set.hpp"
#include "schedule/chunk_size.hpp"
#include "schedule/issue_order.hpp"

namespace fanfold {

/// Waiting tasks, by position in the issue order. All tasks of a chunk have the same attempt, so those that
/// wait for different attempts are kept apart. Memory: O(ranges).
class WaitingTasks {
 public:
  /// How tasks are to be issued.
  struct Manner {
    Attempt attempt{1};
    /// One task per chunk: they had begun on a rank that was lost, so one of them may have killed it.
    bool alone = false;

    /// What is issued first: later attempts, lest a task that fails repeatedly ends last of all; then those
    /// alone.
    std::strong_ordering operator<=>(const Manner& other) const {
      if (const auto order = other.attempt <=> attempt; order != 0) return order;
      return other.alone <=> alone;
    }
    bool operator==(const Manner&) const = default;
  };
  /// What is issued as one chunk.
  struct Taken {
    Attempt attempt;
    TaskList tasks;
    std::uint64_t count = 0;
    double cost = 0;
  };

  explicit WaitingTasks(IssueOrder order) : order_(std::move(order)) {}

  const IssueOrder& order() const { return order_; }
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  double cost() const { return cost_; }
  /// The cost of the task that is issued next. Precondition: not empty.
  double next_cost() const;

  /// Adds tasks by position. Precondition: none of them waits already.
  void put_positions(Manner manner, TaskRange positions);
  /// The same, by task.
  void put(Manner manner, TaskRange tasks);
  /// Takes the tasks that are next: at least one, then more while both limits allow. Precondition: not empty.
  Taken take(const ChunkLimit& limit);

 private:
  TaskRange first_positions(TaskSet& positions, const ChunkLimit& limit, const Taken& taken) const;

  IssueOrder order_;
  std::map<Manner, TaskSet> positions_;  // no set is empty
  std::uint64_t count_ = 0;
  double cost_ = 0;
};

}  // namespace fanfold
