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

class FailureLogTest : public testing::Test {
 protected:
  TaskSpace space_;
  FailureLog log_{space_};
};

TEST_F(FailureLogTest, GroupsByErrorAndLastLineOfStandardError) {
  log_.add(failed(7, "exit code 1", "reading 7\nno such key\n"));
  log_.add(failed(3, "exit code 1", "reading 3\nno such key"));
  log_.add(failed(5, "exit code 1", "out of memory\n"));
  const auto groups = log_.groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(groups[0].first, TaskIndex(3));
  EXPECT_EQ(groups[0].errors, "reading 3\nno such key");
  EXPECT_EQ(groups[0].last_line, "no such key");
  EXPECT_FALSE(groups[0].lines_differ);
  EXPECT_EQ(groups[1].last_line, "out of memory");
}

TEST_F(FailureLogTest, MasksWhatDiffers) {
  log_.add(failed(1, "exit code 1", "cannot open out/1.txt"));
  log_.add(failed(2, "exit code 1", "cannot open out/2.txt"));
  log_.add(failed(3, "exit code 2", "cannot open out/3.txt"));
  const auto groups = log_.groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].error, "exit code 1");
  EXPECT_EQ(groups[0].last_line, "cannot open out/#.txt");
  EXPECT_TRUE(groups[0].lines_differ);
  EXPECT_EQ(groups[1].last_line, "cannot open out/3.txt");
}

TEST(FailureLog, MasksParams) {
  TaskSpace space;
  space.add("model", make_list_axis({Value("tree"), Value("spline")}));
  FailureLog log(space);
  log.add(failed(0, "exit code 1", "no such model: tree"));
  log.add(failed(1, "exit code 1", "no such model: spline"));
  ASSERT_EQ(log.groups().size(), 1U);
  EXPECT_EQ(log.groups()[0].last_line, "no such model: …");
}

TEST_F(FailureLogTest, KnowsTheErrorOfTheFirst) {
  log_.add(failed(8, "cannot read 'b.txt'", ""));
  log_.add(failed(5, "cannot read 'a.txt'", ""));
  log_.add(TaskRange{3, 4}, "cannot read 'c.txt'");
  ASSERT_EQ(log_.groups().size(), 1U);
  EXPECT_EQ(log_.groups()[0].error, "cannot read '…'");
  EXPECT_EQ(log_.groups()[0].first_error, "cannot read 'c.txt'");
}

TEST_F(FailureLogTest, OrdersEqualsByTheirFirstTask) {
  log_.add(failed(9, "exit code 2", ""));
  log_.add(failed(4, "exit code 3", ""));
  EXPECT_EQ(log_.groups()[0].error, "exit code 3");
}

TEST_F(FailureLogTest, CountsPackedTasks) {
  ByteWriter out;
  TaskSet tasks;
  tasks.insert(TaskRange{10, 15});
  encode(out, tasks);
  log_.add(FailedTasks{"overflow", 5, out.take()}, Rank(2));
  ASSERT_EQ(log_.groups().size(), 1U);
  EXPECT_EQ(log_.groups()[0].count, 5U);
  EXPECT_EQ(log_.groups()[0].first, TaskIndex(10));
  EXPECT_EQ(log_.groups()[0].rank, Rank(2));
  log_.add(TaskRange{3, 5}, "overflow");
  EXPECT_EQ(log_.groups()[0].count, 7U);
  EXPECT_EQ(log_.groups()[0].first, TaskIndex(3));
  EXPECT_FALSE(log_.groups()[0].rank.has_value());
}

TEST_F(FailureLogTest, KeepsTheEndOfWhatWasWritten) {
  log_.add(failed(1, "exit code 1", "first line\n" + std::string(3'000, 'x') + "\nlast line\n"));
  EXPECT_EQ(log_.groups()[0].errors, "last line\n");
  log_.add(failed(0, "exit code 2", std::string(100'000, 'y')));
  EXPECT_LE(log_.groups()[0].errors.size(), FailureLog::most_error_bytes);
  EXPECT_LE(log_.groups()[0].last_line.size(), FailureLog::most_error_bytes);
}

TEST_F(FailureLogTest, StaysBoundedAndFindsTheFrequentReason) {
  constexpr std::uint64_t rare = 100'000;
  for (std::uint64_t i = 0; i < rare; ++i) {
    log_.add(failed(2 * i, "exit code " + std::to_string(i + 1), ""));
    if (i % 10 == 0) log_.add(failed(2 * i + 1, "killed by signal 9", ""));
  }
  const auto groups = log_.groups();
  EXPECT_LE(groups.size(), FailureLog::most_groups);
  EXPECT_EQ(groups[0].error, "killed by signal 9");
  EXPECT_EQ(groups[0].count, rare / 10);
  EXPECT_FALSE(groups[0].at_least);
  EXPECT_TRUE(groups.back().at_least);
  std::uint64_t counted = log_.others();
  for (const FailureGroup& group : groups) counted += group.count;
  EXPECT_EQ(counted, rare + rare / 10);
}

}  // namespace
}  // namespace fanfold
