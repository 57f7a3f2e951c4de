#include "job/task_space.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <stdexcept>
#include <utility>

namespace fanfold {
namespace {

constexpr std::uint64_t most_tasks = std::numeric_limits<std::int64_t>::max();

/// Writes the axis' values at positions first, first + 1 …, going round at the end.
void fill_round(const Axis& axis, std::uint64_t first, std::size_t count, ColumnBuffer& out,
                std::size_t row) {
  while (count > 0) {
    const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, axis.size() - first));
    axis.fill(first, piece, out, row);
    row += piece;
    count -= piece;
    first = 0;
  }
}

/// Turns the last `runs` rows, one value for each run, into runs of `length` rows that fill all rows; the
/// first run has lost `lost` of its length. In place: what is written for a run ends before the place of the
/// next run's value.
template <typename T>
void spread(std::span<T> rows, std::size_t runs, std::uint64_t length, std::uint64_t lost) {
  std::size_t row = 0;
  std::uint64_t end = length - lost;
  for (std::size_t run = 0; run < runs; ++run, end += length) {
    const T value = rows[rows.size() - runs + run];
    const std::size_t stop = static_cast<std::size_t>(std::min<std::uint64_t>(rows.size(), end));
    for (; row < stop; ++row) rows[row] = value;
  }
}

/// The rows from `period` on repeat the ones before.
template <typename T>
void replicate(std::span<T> rows, std::size_t period) {
  for (std::size_t done = period; done < rows.size();) {
    const std::size_t piece = std::min(done, rows.size() - done);  // `done` is a multiple of the period
    std::copy_n(rows.begin(), piece, rows.begin() + static_cast<std::ptrdiff_t>(done));
    done += piece;
  }
}

/// Calls `action` with the rows of the column, whatever their type.
template <typename Action>
void with_rows(ColumnBuffer& out, std::size_t row, std::size_t count, Action action) {
  switch (out.type()) {
    case Type::integer:
      action(out.integers().subspan(row, count));
      break;
    case Type::real:
      action(out.reals().subspan(row, count));
      break;
    case Type::text:
      action(out.texts().subspan(row, count));
      break;
  }
}

}  // namespace

void TaskSpace::add(std::string name, std::unique_ptr<Axis> axis) {
  add_dimension(axis->size());
  params_.push_back({std::move(name), std::move(axis), nullptr, dimensions_.size() - 1});
}

void TaskSpace::add_together(std::vector<NamedAxis> axes) {
  add_dimension(axes.front().axis->size());
  for (NamedAxis& each : axes) {
    assert(each.axis->size() == dimensions_.back().size);
    params_.push_back({std::move(each.name), std::move(each.axis), nullptr, dimensions_.size() - 1});
  }
}

void TaskSpace::add_computed(std::string name, expr::Program program) {
  params_.push_back({std::move(name), nullptr, std::make_shared<const expr::Program>(std::move(program)), 0});
}

void TaskSpace::add_dimension(std::uint64_t size) {
  assert(size > 0);
  if (size > most_tasks / size_) throw std::overflow_error("the job has more than 2^63-1 tasks");
  for (Dimension& dimension : dimensions_) dimension.stride *= size;
  size_ *= size;
  dimensions_.push_back({size, 1});
}

TaskIndex TaskSpace::task_at(std::span<const std::uint64_t> positions) const {
  assert(positions.size() == dimensions_.size());
  std::uint64_t task = 0;
  for (std::size_t i = 0; i < dimensions_.size(); ++i) task += positions[i] * dimensions_[i].stride;
  return TaskIndex(task);
}

/// A column has runs of `stride` equal values and repeats after a period of stride × axis size tasks. Of the
/// first period each run's value is computed once and spread; the other periods are copied.
void TaskSpace::fill(std::size_t slot, TaskIndex first, std::size_t count, ColumnBuffer& out, std::size_t row,
                     RowFailures* failures) const {
  if (count == 0) return;
  const Param& param = params_[slot];
  if (param.program) return fill_computed(param, first, count, out, row, failures);
  const Axis& axis = *param.axis;
  const std::uint64_t stride = dimensions_[param.dimension].stride;
  const std::uint64_t lost = first.value() % stride;
  const std::size_t once = static_cast<std::size_t>(std::min<std::uint64_t>(count, stride * axis.size()));
  const std::size_t runs = static_cast<std::size_t>(1 + (once - 1 + lost) / stride);
  fill_round(axis, position(first, slot), runs, out, row + once - runs);
  if (stride > 1) with_rows(out, row, once, [&](auto rows) { spread(rows, runs, stride, lost); });
  if (once < count) with_rows(out, row, count, [&](auto rows) { replicate(rows, once); });
}

void TaskSpace::fill_computed(const Param& param, TaskIndex first, std::size_t count, ColumnBuffer& out,
                              std::size_t row, RowFailures* failures) const {
  std::vector<ColumnBuffer> arguments(params_.size());
  std::vector<ConstColumn> columns(params_.size());
  RowFailures failed;
  failed.reset(count);
  for (const std::size_t slot : param.program->slots()) {
    arguments[slot].reset(type(slot), count);
    fill(slot, first, count, arguments[slot], 0, &failed);
    columns[slot] = arguments[slot].view();
  }
  ColumnBuffer computed;
  expr::Scratch scratch;
  param.program->evaluate(columns, count, computed, failed, scratch);
  with_rows(computed, 0, count, [&](auto rows) {
    for (const RowFailures::Failure& failure : failed.failures()) {
      rows[failure.row] = {};
      if (failures != nullptr) failures->fail(row + failure.row, failure.reason);
    }
    // Texts view into axes and programs, which live as long as this.
    with_rows(out, row, count, [&](auto target) {
      if constexpr (std::is_same_v<decltype(rows), decltype(target)>) std::ranges::copy(rows, target.begin());
    });
  });
}

std::vector<Value> TaskSpace::params_of(TaskIndex task) const {
  std::vector<Value> values;
  values.reserve(params_.size());
  ColumnBuffer column;
  for (std::size_t slot = 0; slot < params_.size(); ++slot) {
    column.reset(type(slot), 1);
    fill(slot, task, 1, column);
    values.push_back(column.view().value(0));
  }
  return values;
}

}  // namespace fanfold
