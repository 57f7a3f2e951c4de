#include "job/task_space.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace fanfold {
namespace {

std::unique_ptr<Axis> any_axis() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return make_count_axis(*rc::gen::inRange<std::uint64_t>(1, 40));
    case 1:
      return make_linear_axis(-1, *rc::gen::inRange(0, 9), *rc::gen::inRange<std::uint64_t>(2, 40));
    case 2:
      return make_logarithmic_axis(1e-3, 10, *rc::gen::inRange<std::uint64_t>(2, 40));
    case 3:
      return make_step_axis(std::int64_t{5}, std::int64_t{-20}, std::int64_t{*rc::gen::inRange(-9, 0)});
    case 4: {
      std::vector<Value> values;
      for (const auto& text : *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::string>>()))
        values.emplace_back(text);
      return make_list_axis(std::move(values));
    }
    default:
      return make_list_axis({Value(0.1), Value(-0.0), Value(1e300)});
  }
}

TaskSpace any_space() {
  TaskSpace space;
  const std::size_t axes = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t i = 0; i < axes; ++i) space.add("p" + std::to_string(i), any_axis());
  return space;
}

ColumnBuffer filled(const Axis& axis, std::uint64_t first, std::size_t count) {
  ColumnBuffer column;
  column.reset(axis.type(), count);
  axis.fill(first, count, column, 0);
  return column;
}

std::vector<double> reals_of(const Axis& axis) {
  ColumnBuffer column = filled(axis, 0, axis.size());
  return {column.reals().begin(), column.reals().end()};
}

TEST(TaskSpace, without_axes_is_one_task_without_params) {
  const TaskSpace space;
  EXPECT_EQ(space.size(), 1U);
  EXPECT_TRUE(space.params_of(TaskIndex(0)).empty());
}

TEST(TaskSpace, counts_like_nested_loops_whose_last_axis_is_the_fastest) {
  TaskSpace space;
  space.add("a", make_list_axis({Value(std::string("x")), Value(std::string("y"))}));
  space.add("b", make_count_axis(3));
  std::vector<std::vector<Value>> tasks;
  for (std::uint64_t task = 0; task < space.size(); ++task) tasks.push_back(space.params_of(TaskIndex(task)));
  const std::string x = "x";
  const std::string y = "y";
  using Integer = std::int64_t;
  EXPECT_EQ(tasks, (std::vector<std::vector<Value>>{{x, Integer{0}},
                                                    {x, Integer{1}},
                                                    {x, Integer{2}},
                                                    {y, Integer{0}},
                                                    {y, Integer{1}},
                                                    {y, Integer{2}}}));
}

RC_GTEST_PROP(TaskSpace, has_as_many_tasks_as_iterating_its_axes_visits, ()) {
  const TaskSpace space = any_space();
  std::uint64_t visited = 1;
  for (std::size_t slot = 0; slot < space.param_count(); ++slot) {
    const ColumnBuffer values = filled(space.axis(slot), 0, space.axis(slot).size());
    visited *= values.view().size();
  }
  RC_ASSERT(space.size() == visited);
}

RC_GTEST_PROP(TaskSpace, finds_a_task_by_the_positions_that_it_gives, ()) {
  const TaskSpace space = any_space();
  const TaskIndex task(*rc::gen::inRange<std::uint64_t>(0, space.size()));
  std::vector<std::uint64_t> positions;
  for (std::size_t slot = 0; slot < space.param_count(); ++slot)
    positions.push_back(space.position(task, slot));
  RC_ASSERT(space.task_at(positions) == task);
}

RC_GTEST_PROP(TaskSpace, fills_columns_with_the_params_of_each_task, ()) {
  const TaskSpace space = any_space();
  const std::uint64_t first = *rc::gen::inRange<std::uint64_t>(0, space.size());
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(space.size() - first, *rc::gen::inRange(1, 3000)));
  const std::size_t row = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t slot = 0; slot < space.param_count(); ++slot) {
    ColumnBuffer column;
    column.reset(space.type(slot), row + count);
    space.fill(slot, TaskIndex(first), count, column, row);
    for (std::size_t i = 0; i < count; i += std::max<std::size_t>(1, count / 100)) {
      RC_ASSERT(column.view().value(row + i) == space.params_of(TaskIndex(first + i))[slot]);
    }
  }
}

TEST(TaskSpace, of_10_to_the_18_tasks_is_decoded_at_its_far_end) {
  TaskSpace space;
  space.add("slow", make_count_axis(1'000'000));
  space.add("middle", make_linear_axis(0, 1, 1'000'000));
  space.add("fast", make_count_axis(1'000'000));
  EXPECT_EQ(space.size(), 1'000'000'000'000'000'000U);
  const std::vector<Value> last{std::int64_t{999'999}, 1.0, std::int64_t{999'999}};
  EXPECT_EQ(space.params_of(TaskIndex(space.size() - 1)), last);
  ColumnBuffer column;
  column.reset(Type::integer, 100);
  space.fill(0, TaskIndex(space.size() - 100), 100, column);
  EXPECT_EQ(column.integers()[0], 999'999);
  EXPECT_EQ(column.integers()[99], 999'999);
}

TEST(TaskSpace, of_more_than_2_to_the_63_less_one_tasks_is_refused_and_stays_as_it_was) {
  TaskSpace space;
  space.add("a", make_count_axis(std::uint64_t{1} << 62));
  EXPECT_THROW(space.add("b", make_count_axis(2)), std::overflow_error);
  EXPECT_EQ(space.param_count(), 1U);
  space.add("c", make_count_axis(1));
  EXPECT_EQ(space.size(), std::uint64_t{1} << 62);
  EXPECT_EQ(space.params_of(TaskIndex(space.size() - 1))[0],
            Value(std::int64_t{(std::int64_t{1} << 62) - 1}));
}

TEST(LinearAxis, has_the_values_that_a_reader_expects) {
  EXPECT_EQ(reals_of(*make_linear_axis(0, 1, 11)),
            (std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}));
  EXPECT_EQ(reals_of(*make_linear_axis(3, 1, 3)), (std::vector<double>{3, 2, 1}));
  EXPECT_EQ(reals_of(*make_linear_axis(0.1, 0.1, 1)), (std::vector<double>{0.1}));
  const double huge = std::numeric_limits<double>::max();
  EXPECT_EQ(reals_of(*make_linear_axis(-huge, huge, 3)), (std::vector<double>{-huge, 0, huge}));
}

RC_GTEST_PROP(LinearAxis, goes_from_end_to_end_and_never_turns_back, (double from, double to)) {
  RC_PRE(std::isfinite(from) && std::isfinite(to));
  const auto points = reals_of(*make_linear_axis(from, to, *rc::gen::inRange<std::uint64_t>(2, 300)));
  RC_ASSERT(points.front() == from);
  RC_ASSERT(points.back() == to);
  const bool is_rising = std::is_sorted(points.begin(), points.end());
  const bool is_falling = std::is_sorted(points.rbegin(), points.rend());
  RC_ASSERT((from < to ? is_rising : is_falling));
}

TEST(LogarithmicAxis, meets_its_ends_and_the_decades_exactly) {
  EXPECT_EQ(reals_of(*make_logarithmic_axis(1e-3, 1e3, 7)),
            (std::vector<double>{1e-3, 1e-2, 1e-1, 1, 10, 100, 1000}));
  EXPECT_EQ(reals_of(*make_logarithmic_axis(7, 0.3, 2)), (std::vector<double>{7, 0.3}));
  EXPECT_EQ(reals_of(*make_logarithmic_axis(5, 5, 1)), (std::vector<double>{5}));
  EXPECT_NEAR(reals_of(*make_logarithmic_axis(2, 8, 3))[1], 4, 1e-14);
}

RC_GTEST_PROP(LogarithmicAxis, has_the_same_bits_wherever_a_batch_begins, ()) {
  const auto axis = make_logarithmic_axis(1e-5, 123, 1000);
  const std::vector<double> all = reals_of(*axis);
  const std::uint64_t first = *rc::gen::inRange<std::uint64_t>(0, 1000);
  const auto count = *rc::gen::inRange<std::size_t>(1, 1001 - first);
  ColumnBuffer part = filled(*axis, first, count);
  RC_ASSERT(
      std::equal(part.reals().begin(), part.reals().end(), all.begin() + static_cast<std::ptrdiff_t>(first)));
}

TEST(StepAxis, of_integers_stays_integer_and_does_not_pass_its_end) {
  const auto axis = make_step_axis(std::int64_t{1}, std::int64_t{10}, std::int64_t{4});
  ColumnBuffer column = filled(*axis, 0, axis->size());
  EXPECT_EQ(std::vector<std::int64_t>(column.integers().begin(), column.integers().end()),
            (std::vector<std::int64_t>{1, 5, 9}));
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(make_step_axis(least, most, std::int64_t{1})->size(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(make_step_axis(most, least, least)->size(), 2U);
}

TEST(StepAxis, of_reals_includes_an_end_that_only_rounding_would_miss) {
  EXPECT_EQ(reals_of(*make_step_axis(0.0, 0.3, 0.1)), (std::vector<double>{0, 0.1, 0.2, 0.3}));
  EXPECT_EQ(reals_of(*make_step_axis(1.0, 0.0, -0.5)), (std::vector<double>{1, 0.5, 0}));
  EXPECT_EQ(reals_of(*make_step_axis(0.0, 0.95, 0.3)), (std::vector<double>{0, 0.3, 0.6, 3 * 0.3}));
  EXPECT_EQ(make_step_axis(0.0, 1e300, 1e-300)->size(), std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace fanfold
