// The order in which tasks are issued, and what each is expected to cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/task_set.hpp"

namespace fanfold {

/// Gives each task a position: tasks are issued by ascending position. What waits is kept as positions, so
/// that a task that comes back takes its place in the order again. What is outstanding is kept as tasks, as
/// messages name them.
///
/// Natural order costs no memory: the position is the index. A list costs O(its ranges + its costs).
class IssueOrder {
 public:
  /// Natural order, each task of cost 1.
  IssueOrder() = default;
  /// Position p is the p-th task of `order`, each task once. `costs`, if not empty, has one for each
  /// position, in any unit; one that is negative or not finite counts as 0, and none counts less than a
  /// thousandth of the mean (handing out a task is work, too).
  IssueOrder(TaskList order, std::vector<float> costs);

  /// The cost of the tasks at these positions, or of one: the number of them if no costs are known.
  double cost(TaskRange positions) const;
  double cost(std::uint64_t position) const { return costs_.empty() ? 1 : costs_[position]; }
  bool knows_costs() const { return !costs_.empty(); }

  /// Appends the tasks at these positions, in order.
  void append_tasks(TaskRange positions, TaskList& tasks) const;

  /// Calls `visit` with ranges of positions that together are those of `tasks`. Precondition: the order has
  /// them all.
  template <typename Visit>
  void visit_positions(TaskRange tasks, const Visit& visit) const {
    if (natural_) return visit(tasks);
    while (!tasks.empty()) {
      const Piece& piece = piece_of(tasks.begin);
      const std::uint64_t end = std::min(tasks.end, piece.tasks.end);
      const std::uint64_t first = piece.position + (tasks.begin - piece.tasks.begin);
      visit(TaskRange{first, first + (end - tasks.begin)});
      tasks.begin = end;
    }
  }

 private:
  /// Consecutive tasks at consecutive positions, the first at `position`.
  struct Piece {
    TaskRange tasks;
    std::uint64_t position;
  };
  const Piece& piece_of(std::uint64_t task) const;

  bool natural_ = true;
  std::vector<Piece> by_position_;
  std::vector<Piece> by_task_;
  std::vector<float> costs_;
};

}  // namespace fanfold
