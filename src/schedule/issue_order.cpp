#include "schedule/issue_order.hpp"

#include <cassert>
#include <cmath>

namespace fanfold {
namespace {

void make_positive(std::vector<float>& costs) {
  double sum = 0;
  for (float& cost : costs) {
    if (!std::isfinite(cost) || cost < 0) cost = 0;
    sum += cost;
  }
  const auto least = static_cast<float>(sum / static_cast<double>(costs.size()) / 1000);
  for (float& cost : costs) cost = least > 0 ? std::max(cost, least) : 1;
}

}  // namespace

IssueOrder::IssueOrder(TaskList order, std::vector<float> costs) : natural_(false), costs_(std::move(costs)) {
  assert(costs_.empty() || costs_.size() == size_of(order));
  make_positive(costs_);
  by_position_.reserve(order.size());
  std::uint64_t position = 0;
  for (const TaskRange& tasks : order) {
    by_position_.push_back({tasks, position});
    position += tasks.size();
  }
  by_task_ = by_position_;
  std::sort(by_task_.begin(), by_task_.end(),
            [](const Piece& a, const Piece& b) { return a.tasks.begin < b.tasks.begin; });
}

double IssueOrder::cost(TaskRange positions) const {
  if (costs_.empty()) return static_cast<double>(positions.size());
  double sum = 0;
  for (std::uint64_t position = positions.begin; position < positions.end; ++position)
    sum += costs_[position];
  return sum;
}

void IssueOrder::append_tasks(TaskRange positions, TaskList& tasks) const {
  const auto add = [&tasks](TaskRange range) {
    if (!tasks.empty() && tasks.back().end == range.begin) {
      tasks.back().end = range.end;
    } else {
      tasks.push_back(range);
    }
  };
  if (natural_) return add(positions);
  auto piece =
      std::prev(std::upper_bound(by_position_.begin(), by_position_.end(), positions.begin,
                                 [](std::uint64_t p, const Piece& each) { return p < each.position; }));
  for (; !positions.empty(); ++piece) {
    const std::uint64_t skipped = positions.begin - piece->position;
    const std::uint64_t count = std::min(positions.size(), piece->tasks.size() - skipped);
    const std::uint64_t first = piece->tasks.begin + skipped;
    add({first, first + count});
    positions.begin += count;
  }
}

const IssueOrder::Piece& IssueOrder::piece_of(std::uint64_t task) const {
  const auto next = std::upper_bound(by_task_.begin(), by_task_.end(), task,
                                     [](std::uint64_t t, const Piece& each) { return t < each.tasks.begin; });
  assert(next != by_task_.begin() && task < std::prev(next)->tasks.end);
  return *std::prev(next);
}

}  // namespace fanfold
