// The tasks that are not issued: new ones, those that came back, and those that are to be tried again.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <tuple>

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
    /// How many ranks were lost that may have died of these tasks; over 0, they are suspects.
    std::uint32_t losses = 0;
    /// Suspects: so many to a chunk at most.
    std::uint64_t together = 0;
    /// Too many ranks were lost: they are not run any more.
    bool set_aside = false;

    bool is_suspect() const { return losses > 0 && !set_aside; }

    /// What is issued first: what is not run; then later attempts, lest a task that fails repeatedly ends
    /// last of all; then suspects, for most are innocent. Those that were there twice come last of all: they
    /// may well cost one more rank.
    std::strong_ordering operator<=>(const Manner& other) const {
      const auto key = [](const Manner& manner) {
        return std::tuple(!manner.set_aside, manner.is_suspect() && manner.losses > 1);
      };
      if (const auto order = key(*this) <=> key(other); order != 0) return order;
      if (const auto order = other.attempt <=> attempt; order != 0) return order;
      if (const auto order = other.losses <=> losses; order != 0) return order;
      return together <=> other.together;
    }
    bool operator==(const Manner&) const = default;
  };
  /// Whom tasks are for.
  enum class For { anyone, those_without_suspects };
  /// What is issued as one chunk.
  struct Taken {
    Manner manner;
    TaskList tasks;
    std::uint64_t count = 0;
    double cost = 0;
  };

  explicit WaitingTasks(IssueOrder order) : order_(std::move(order)) {}

  const IssueOrder& order() const { return order_; }
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  double cost() const { return cost_; }
  /// True if there are tasks for them.
  bool has(For whom) const { return next(whom) != positions_.end(); }
  /// The cost of the task that is issued next. Precondition: has(whom).
  double next_cost(For whom) const;

  /// Adds tasks by position. Precondition: none of them waits already.
  void put_positions(Manner manner, TaskRange positions);
  /// The same, by task.
  void put(Manner manner, TaskRange tasks);
  /// Takes tasks away that wait as new ones, and puts them back in this manner. Others are let be.
  void change(TaskRange tasks, Manner manner);
  /// Takes the tasks that are next: at least one, then more while both limits allow. Precondition: has(whom).
  Taken take(const ChunkLimit& limit, For whom);

 private:
  using Positions = std::map<Manner, TaskSet>;
  Positions::const_iterator next(For whom) const;
  TaskRange first_positions(TaskSet& positions, const ChunkLimit& limit, const Taken& taken) const;

  IssueOrder order_;
  Positions positions_;  // no set is empty
  std::uint64_t count_ = 0;
  double cost_ = 0;
};

}  // namespace fanfold
