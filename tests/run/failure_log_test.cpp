#include "run/failure_log.hpp"

#include <gtest/gtest.h>

namespace fanfold {
namespace {

Outcome failed(std::uint64_t task, std::string error, std::string errors) {
  Outcome outcome;
  outcome.task = TaskIndex(task);
  outcome.status = Status::failed;
  outcome.error = std::move(error);
  outcome.errors = std::move(errors);
  return outcome;
}

TEST(FailureLog, GroupsByErrorAndLastLineOfStandardError) {
  FailureLog log;
  log.add(failed(7, "exit code 1", "reading 7\nno such key\n"));
  log.add(failed(3, "exit code 1", "reading 3\nno such key"));
  log.add(failed(5, "exit code 1", "out of memory\n"));
  const auto groups = log.groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(groups[0].first, TaskIndex(3));
  EXPECT_EQ(groups[0].last_line, "no such key");
  EXPECT_EQ(groups[1].last_line, "out of memory");
}

TEST(FailureLog, OrdersEqualsByTheirFirstTask) {
  FailureLog log;
  log.add(failed(9, "exit code 2", ""));
  log.add(failed(4, "exit code 3", ""));
  EXPECT_EQ(log.groups()[0].error, "exit code 3");
}

TEST(FailureLog, CountsPackedTasks) {
  ByteWriter out;
  TaskSet tasks;
  tasks.insert(TaskRange{10, 15});
  encode(out, tasks);
  FailureLog log;
  log.add(FailedTasks{"overflow", 5, out.take()}, Rank(2));
  ASSERT_EQ(log.groups().size(), 1U);
  EXPECT_EQ(log.groups()[0].count, 5U);
  EXPECT_EQ(log.groups()[0].first, TaskIndex(10));
  EXPECT_EQ(log.groups()[0].rank, Rank(2));
}

TEST(FailureLog, StaysBounded) {
  FailureLog log;
  for (std::uint64_t i = 0; i < 1000; ++i) log.add(failed(i, "exit code " + std::to_string(i), ""));
  EXPECT_EQ(log.groups().size(), FailureLog::most_groups);
  EXPECT_EQ(log.others(), 1000 - FailureLog::most_groups);
}

}  // namespace
}  // namespace fanfold
