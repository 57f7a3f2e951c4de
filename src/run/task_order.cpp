#include "run/task_order.hpp"

#include <algorithm>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/error.hpp"
#include "core/row_failures.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t most_ordered_tasks = 1'000'000;
constexpr std::size_t costed_rows = 1024;

struct CostedTask {
  float cost;
  std::uint64_t task;
};

/// Appends the costs of consecutive tasks. A cost that cannot be computed, or NaN, counts as 0: last.
void append_costs(const Job& job, TaskRange range, std::vector<CostedTask>& costed) {
  const std::size_t rows = range.size();
  std::vector<ColumnBuffer> buffers(job.param_slots);
  std::vector<ConstColumn> columns(job.scope.column_count());
  for (const std::size_t slot : job.cost->slots()) {
    buffers[slot].reset(job.space.type(slot), rows);
    job.space.fill(slot, TaskIndex(range.begin), rows, buffers[slot]);
    columns[slot] = buffers[slot].view();
  }
  ColumnBuffer costs;
  RowFailures failures;
  failures.reset(rows);
  expr::Scratch scratch;
  job.cost->evaluate(columns, rows, costs, failures, scratch);
  for (std::size_t row = 0; row < rows; ++row) {
    double cost = 0;
    if (!failures.failed(row)) {
      cost = costs.type() == Type::integer ? static_cast<double>(costs.integers()[row]) : costs.reals()[row];
    }
    costed.push_back({cost > 0 ? static_cast<float>(cost) : 0.0F, range.begin + row});
  }
}

void append_costs_of(const Job& job, TaskRange range, std::vector<CostedTask>& costed) {
  for (; !range.empty(); range.begin += std::min<std::uint64_t>(costed_rows, range.size()))
    append_costs(job, {range.begin, std::min(range.end, range.begin + costed_rows)}, costed);
}

}  // namespace

Schedule make_schedule(const Job& job, const std::vector<float>& durations, SchedulePolicy policy,
                       TaskSet pending) {
  const bool are_known = job.cost.has_value() || !durations.empty();
  if (!are_known || pending.size() > most_ordered_tasks) return Schedule(policy, std::move(pending));
  std::vector<CostedTask> costed;
  costed.reserve(pending.size());
  for (const TaskRange& range : pending.ranges()) {
    if (job.cost) {
      append_costs_of(job, range, costed);
    } else {
      for (std::uint64_t task = range.begin; task < range.end; ++task)
        costed.push_back({durations.at(task), task});
    }
  }
  std::stable_sort(costed.begin(), costed.end(),
                   [](const CostedTask& a, const CostedTask& b) { return a.cost > b.cost; });
  TaskList order;
  std::vector<float> costs;
  costs.reserve(costed.size());
  for (const CostedTask& task : costed) {
    append(order, TaskIndex(task.task));
    costs.push_back(task.cost);
  }
  return Schedule(policy, std::move(order), std::move(costs));
}

}  // namespace fanfold
