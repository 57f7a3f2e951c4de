// TaskSet against std::set, and the binary form of task lists.
#include "core/task_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace fanfold::test {
namespace {

constexpr std::uint64_t limit = 40;  // few tasks, so that ranges meet

TaskRange any_range() {
  const auto a = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, limit));
  const auto b = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, limit));
  return {std::min(a, b), std::max(a, b)};
}

std::set<std::uint64_t> members_of(const TaskSet& tasks) {
  std::set<std::uint64_t> members;
  for (std::uint64_t task = 0; task <= limit; ++task) {
    if (tasks.contains(TaskIndex(task))) members.insert(task);
  }
  return members;
}

/// Disjoint, sorted, none next to another, and as many as it says.
void check_form(const TaskSet& tasks) {
  const std::vector<TaskRange> ranges = tasks.ranges();
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    RC_ASSERT(!ranges[i].empty());
    if (i > 0) RC_ASSERT(ranges[i - 1].end < ranges[i].begin);
    size += ranges[i].size();
  }
  RC_ASSERT(tasks.size() == size);
  RC_ASSERT(tasks.range_count() == ranges.size());
  RC_ASSERT(tasks.empty() == ranges.empty());
  RC_ASSERT(tasks.first() == (ranges.empty() ? std::nullopt : std::optional(ranges.front())));
}

RC_GTEST_PROP(TaskSetProperty, IsASetOfIntegers, ()) {
  TaskSet tasks;
  std::set<std::uint64_t> expected;
  for (int step = 0; step < 30; ++step) {
    const TaskRange range = any_range();
    if (*rc::gen::arbitrary<bool>()) {
      tasks.insert(range);
      for (std::uint64_t task = range.begin; task < range.end; ++task) expected.insert(task);
    } else {
      tasks.erase(range);
      for (std::uint64_t task = range.begin; task < range.end; ++task) expected.erase(task);
    }
    check_form(tasks);
    RC_ASSERT(members_of(tasks) == expected);

    const TaskRange asked = any_range();
    std::uint64_t found = 0;
    for (std::uint64_t task = asked.begin; task < asked.end; ++task) found += expected.count(task);
    RC_ASSERT(tasks.contains(asked) == (found == asked.size()));
    RC_ASSERT(tasks.intersects(asked) == (found > 0));
  }
}

RC_GTEST_PROP(TaskSetProperty, HasUnionAndDifference, ()) {
  TaskSet a;
  TaskSet b;
  for (int step = 0; step < 5; ++step) {
    a.insert(any_range());
    b.insert(any_range());
  }
  TaskSet both = a;
  both.insert(b);
  TaskSet rest = both;
  rest.erase(b);
  check_form(both);
  check_form(rest);
  for (std::uint64_t task = 0; task <= limit; ++task) {
    const TaskIndex index(task);
    RC_ASSERT(both.contains(index) == (a.contains(index) || b.contains(index)));
    RC_ASSERT(rest.contains(index) == (a.contains(index) && !b.contains(index)));
  }
}

RC_GTEST_PROP(TaskSetProperty, IsTakenFromTheFront, ()) {
  TaskSet tasks;
  for (int step = 0; step < 5; ++step) tasks.insert(any_range());
  while (!tasks.empty()) {
    const TaskSet before = tasks;
    const auto count = *rc::gen::inRange<std::uint64_t>(1, 10);
    const TaskRange taken = tasks.take_front(count);
    RC_ASSERT(taken.begin == before.first()->begin);
    RC_ASSERT(taken.size() == std::min(count, before.first()->size()));
    TaskSet again = tasks;
    again.insert(taken);
    RC_ASSERT(again == before);
  }
}

RC_GTEST_PROP(TaskSetProperty, SurvivesEncoding, ()) {
  TaskSet tasks;
  for (int step = 0; step < 5; ++step) tasks.insert(any_range());
  ByteWriter out;
  encode(out, tasks);
  ByteReader in(out.bytes());
  RC_ASSERT(decode_task_set(in) == tasks);
  RC_ASSERT(in.at_end());
}

TEST(TaskSet, HoldsATrillionTasksInOneRange) {
  TaskSet tasks(TaskRange{0, 1'000'000'000'000});
  tasks.erase({5, 6});
  EXPECT_EQ(tasks.size(), 999'999'999'999U);
  EXPECT_EQ(tasks.range_count(), 2U);
  tasks.insert(TaskIndex(5));
  EXPECT_EQ(tasks.range_count(), 1U);
}

TEST(TaskList, AppendsTasksToTheLastRangeOnlyIfTheyFollowIt) {
  TaskList tasks;
  for (const std::uint64_t task : {3U, 4U, 5U, 9U, 8U}) append(tasks, TaskIndex(task));
  EXPECT_EQ(tasks, (TaskList{{3, 6}, {9, 10}, {8, 9}}));
  EXPECT_EQ(size_of(tasks), 5U);
}

TEST(TaskList, KeepsItsOrderWhenEncoded) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const TaskList tasks{{9, 10}, {3, 6}, {3, 4}, {most - 1, most}, {0, 1}};
  ByteWriter out;
  encode(out, tasks);
  ByteReader in(out.bytes());
  EXPECT_EQ(decode_task_list(in), tasks);
}

TEST(TaskList, RefusesEmptyRangesAndOverflow) {
  const auto decode = [](std::int64_t gap, std::uint64_t size) {
    ByteWriter out;
    out.varint(1);
    out.zigzag(gap);
    out.varint(size);
    ByteReader in(out.bytes());
    return decode_task_list(in);
  };
  EXPECT_EQ(decode(2, 3), (TaskList{{2, 5}}));
  EXPECT_THROW(decode(2, 0), DecodeError);
  EXPECT_THROW(decode(2, std::numeric_limits<std::uint64_t>::max()), DecodeError);
  ByteWriter count_only;
  count_only.varint(1'000'000'000'000);
  ByteReader in(count_only.bytes());
  EXPECT_THROW(decode_task_list(in), DecodeError);
}

}  // namespace
}  // namespace fanfold::test
