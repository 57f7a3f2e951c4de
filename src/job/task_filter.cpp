#include "job/task_filter.hpp"

#include <algorithm>

namespace fanfold {
namespace {

constexpr std::uint64_t most_rows = 4096;

}  // namespace

const TaskFilter::Met& TaskFilter::of(std::span<const TaskRange> tasks) {
  met_.failures.clear();
  met_.tasks.clear();
  if (!job_.where) {
    met_.tasks.assign(tasks.begin(), tasks.end());
    return met_;
  }
  std::size_t rows = 0;
  for (const TaskRange& range : tasks) rows += static_cast<std::size_t>(range.size());
  evaluate(tasks, rows);
  std::size_t row = 0;
  for (const TaskRange& range : tasks) {
    for (std::uint64_t task = range.begin; task < range.end; ++task, ++row) {
      if (is_met(row)) append(met_.tasks, TaskIndex(task));
      // Failures come in any order: they are looked up by row, and are few.
      if (!failures_.failed(row)) continue;
      const auto& failures = failures_.failures();
      const auto found =
          std::ranges::find_if(failures, [row](const RowFailures::Failure& each) { return each.row == row; });
      met_.failures.push_back({TaskIndex(task), "where: " + found->reason});
    }
  }
  return met_;
}

bool TaskFilter::meets(TaskIndex task) {
  if (!job_.where) return true;
  const TaskRange range{task.value(), task.value() + 1};
  evaluate({&range, 1}, 1);
  return is_met(0);
}

bool TaskFilter::meets_any(TaskRange range) {
  for (; !range.empty(); range.begin += std::min(range.size(), most_rows)) {
    if (count({range.begin, range.begin + std::min(range.size(), most_rows)}) > 0) return true;
  }
  return false;
}

std::uint64_t TaskFilter::count(TaskRange range) {
  if (!job_.where) return range.size();
  std::uint64_t count = 0;
  while (!range.empty()) {
    const TaskRange piece{range.begin, range.begin + std::min(range.size(), most_rows)};
    const auto rows = static_cast<std::size_t>(piece.size());
    evaluate({&piece, 1}, rows);
    for (std::size_t row = 0; row < rows; ++row) count += is_met(row) ? 1 : 0;
    range.begin = piece.end;
  }
  return count;
}

void TaskFilter::evaluate(std::span<const TaskRange> tasks, std::size_t rows) {
  failures_.reset(rows);
  for (const std::size_t slot : job_.where->slots()) {
    ColumnBuffer& column = columns_[slot];
    column.reset(job_.space.type(slot), rows);
    std::size_t row = 0;
    for (const TaskRange& range : tasks) {
      const auto count = static_cast<std::size_t>(range.size());
      job_.space.fill(slot, TaskIndex(range.begin), count, column, row, &failures_);
      row += count;
    }
    views_[slot] = column.view();
  }
  job_.where->evaluate(views_, rows, truth_, failures_, scratch_);
}

bool TaskFilter::is_met(std::size_t row) const {
  if (failures_.failed(row)) return true;
  return truth_.type() == Type::integer ? truth_.view().integers()[row] != 0
                                        : truth_.view().reals()[row] != 0;
}

}  // namespace fanfold
