#include "journal/event_tasks.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace fanfold {
namespace {

Event event_about(const TaskList& tasks) {
  Event event;
  event.task = TaskIndex(tasks.front().begin);
  event.count = size_of(tasks);
  event.detail = event_detail(tasks);
  return event;
}

TEST(EventTasks, one_range_needs_no_detail) {
  const Event event = event_about({{5, 8}});
  EXPECT_EQ(event.detail, "");
  EXPECT_EQ(concerns(event, TaskIndex(4)), false);
  EXPECT_EQ(concerns(event, TaskIndex(5)), true);
  EXPECT_EQ(concerns(event, TaskIndex(7)), true);
  EXPECT_EQ(concerns(event, TaskIndex(8)), false);
}

TEST(EventTasks, ranges_are_listed_in_their_order) {
  const Event event = event_about({{9, 11}, {5, 6}});
  EXPECT_EQ(event.detail, "9:11 5:6");
  EXPECT_EQ(concerns(event, TaskIndex(5)), true);
  EXPECT_EQ(concerns(event, TaskIndex(6)), false);
  EXPECT_EQ(concerns(event, TaskIndex(10)), true);
}

TEST(EventTasks, what_is_left_out_is_not_known) {
  TaskList tasks;
  for (std::uint64_t i = 0; i < 33; ++i) tasks.push_back({10 * i, 10 * i + 1});
  const Event event = event_about(tasks);
  EXPECT_EQ(concerns(event, TaskIndex(310)), true);
  EXPECT_EQ(concerns(event, TaskIndex(320)), std::nullopt);
  EXPECT_EQ(concerns(event, TaskIndex(5)), std::nullopt);
}

TEST(EventTasks, a_detail_of_another_kind_says_nothing) {
  Event event = event_about({{5, 8}});
  for (const char* detail : {"SIGINT", "5", "5:", ":8", "5:8x", " "}) {
    event.detail = detail;
    EXPECT_EQ(concerns(event, TaskIndex(5)), std::nullopt) << detail;
  }
}

RC_GTEST_PROP(EventTasks, say_which_tasks_they_are_about, ()) {
  TaskList tasks;
  std::uint64_t next = 0;
  for (int ranges = *rc::gen::inRange(1, 33); ranges > 0; --ranges) {
    const std::uint64_t begin = next + *rc::gen::inRange<std::uint64_t>(1, 5);
    tasks.push_back({begin, begin + *rc::gen::inRange<std::uint64_t>(1, 5)});
    next = tasks.back().end;
  }
  const Event event = event_about(tasks);
  for (std::uint64_t task = 0; task <= next; ++task) {
    const bool is_in = std::any_of(tasks.begin(), tasks.end(), [task](const TaskRange& range) {
      return task >= range.begin && task < range.end;
    });
    RC_ASSERT(concerns(event, TaskIndex(task)) == is_in);
  }
}

}  // namespace
}  // namespace fanfold
