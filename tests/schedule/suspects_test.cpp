// Tasks that may have killed their rank: who is blamed, and what becomes of them.
#include <gtest/gtest.h>

#include "schedule/test_world.hpp"

namespace fanfold::test {
namespace {

using Verdict = Schedule::Verdict;

SchedulePolicy chunks_that_may_be_lost(std::uint64_t tasks, std::uint32_t most_losses = 2) {
  SchedulePolicy policy;
  policy.chunk = tasks;
  policy.most_losses = most_losses;
  return policy;
}

/// Three ranks of two slots, and rank zero, which wants nothing. Rank 1 has begun tasks 0 and 1 when it dies.
TestWorld world_of_two_suspects(SchedulePolicy policy) {
  TestWorld world = TestWorld::of(6, std::move(policy));
  world.joins(0, 2).joins(1, 2).joins(2, 2).joins(3, 2).wants(1);
  const Chunk chunk = world.expect_chunk(1, {{0, 2}});
  world.started(1, chunk, {{0, 2}}).dies(1);
  return world;
}

TEST(Suspects, AreTriedOneToARank) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2));
  world.wants(2, 2);
  const Chunk first = world.expect_chunk(2, {{0, 1}});
  const Chunk beside = world.expect_chunk(2, {{2, 4}});
  world.wants(3);
  world.expect_chunk(3, {{1, 2}});
  EXPECT_EQ(world.done(2, first), Verdict::counted);
  EXPECT_EQ(world.done(2, beside), Verdict::counted);
}

TEST(Suspects, AloneAreBlamedForTheNextLossAndSetAside) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2));
  world.wants(2, 2);
  const Chunk suspect = world.expect_chunk(2, {{0, 1}});
  const Chunk beside = world.expect_chunk(2, {{2, 4}});
  world.started(2, suspect, {{0, 1}}).started(2, beside, {{2, 3}}).dies(2);

  world.wants(3, 3);
  const Chunk set_aside = world.expect_chunk(3, {{0, 1}});
  EXPECT_EQ(set_aside.set_aside, "killed its rank 2 times");
  EXPECT_EQ(world.expect_chunk(3, {{1, 2}}).set_aside, "");
  EXPECT_EQ(world.expect_chunk(3, {{2, 4}}).set_aside, "") << "what ran beside the suspect is innocent";
  EXPECT_EQ(world.fails(3, set_aside), Verdict::counted);
  EXPECT_EQ(world.schedule.failed(), 1U);
}

TEST(Suspects, GetAsManyChancesAsThereAreAttempts) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2, 3));
  world.wants(2);
  world.started(2, world.expect_chunk(2, {{0, 1}}), {{0, 1}}).dies(2);
  world.wants(3, 4);
  world.expect_chunk(3, {{1, 2}});  // those that cost two ranks come last
  world.expect_chunk(3, {{2, 4}});
  world.expect_chunk(3, {{4, 6}});
  world.expect_silence();
}

TEST(Suspects, AreForRankZeroIfNobodyElseIsLeft) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2));
  world.wants(0, 4);
  world.expect_chunk(0, {{2, 4}});
  world.expect_chunk(0, {{4, 6}});
  world.dies(2);
  world.expect_silence();
  world.dies(3);
  world.expect_chunk(0, {{0, 1}});
  world.expect_silence();
}

TEST(Suspects, ThatEndAreSuspectsNoMore) {
  SchedulePolicy policy = chunks_that_may_be_lost(2);
  policy.retries = 1;
  TestWorld world = world_of_two_suspects(policy);
  world.wants(2);
  EXPECT_EQ(world.retries(2, world.expect_chunk(2, {{0, 1}})), Verdict::counted);
  world.wants(0);
  const Chunk again = world.expect_chunk(0, {{0, 1}});
  EXPECT_EQ(again.attempt, Attempt(2));
}

TEST(Suspects, OfWhichNothingIsKnownAreDividedUntilTheTaskIsFound) {
  TestWorld world = TestWorld::of(6400, chunks_that_may_be_lost(6400));
  for (int rank = 0; rank < 5; ++rank) world.joins(rank);
  world.wants(1);
  world.expect_chunk(1, {{0, 6400}});
  world.dies(1).wants(2);
  const Chunk innocent = world.expect_chunk(2, {{0, 100}});
  EXPECT_EQ(world.done(2, innocent), Verdict::counted);
  world.wants(2);
  world.expect_chunk(2, {{100, 200}});
  world.dies(2).wants(3, 1);
  world.expect_chunk(3, {{200, 300}});  // the hundred that cost two ranks come last
  const std::vector<Schedule::Blame> blames = world.schedule.take_blames();
  ASSERT_EQ(blames.size(), 1U);
  EXPECT_EQ(blames[0].tasks, (TaskRange{100, 200}));
}

TEST(Suspects, AreToldWithTheirLosses) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2));
  const std::vector<Schedule::Blame> blames = world.schedule.take_blames();
  ASSERT_EQ(blames.size(), 1U);
  EXPECT_EQ(blames[0].tasks, (TaskRange{0, 2}));
  EXPECT_EQ(blames[0].losses, 1U);
  EXPECT_TRUE(world.schedule.take_blames().empty());
}

TEST(Suspects, OfAnEarlierExecutionAreKnown) {
  TestWorld world = TestWorld::of(6, chunks_that_may_be_lost(2));
  world.schedule.on_blamed({1, 2}, 1);
  world.schedule.on_blamed({3, 4}, 2);
  world.schedule.on_blamed({9, 12}, 2);  // of tasks that are not to be run
  world.schedule.on_blamed({4, 6}, 2);   // each may be innocent
  world.joins(0).joins(1).wants(1, 5);
  EXPECT_EQ(world.expect_chunk(1, {{3, 4}}).set_aside, "killed its rank 2 times");
  world.expect_chunk(1, {{1, 2}});
  world.expect_chunk(1, {{0, 1}, {2, 3}});
  EXPECT_EQ(world.schedule.waiting(), 2U);  // the rank has a suspect already
}

TEST(LostRanks, MayJoinAgainWithNothing) {
  TestWorld world = world_of_two_suspects(chunks_that_may_be_lost(2));
  world.joins(1, 2).wants(1);
  world.expect_chunk(1, {{0, 1}});
  EXPECT_EQ(world.schedule.outstanding(Rank(1)), 1U);
}

TEST(TasksThatWereNotRun, WaitAgainAsTheyWere) {
  TestWorld world = TestWorld::of(2, chunks_that_may_be_lost(2));
  world.joins(0).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  Report report = TestWorld::report_of(chunk, {{0, 1}}, 1);
  report.not_run = {{1, 2}};
  EXPECT_EQ(world.reports(0, report), Verdict::counted);
  world.wants(0);
  EXPECT_EQ(world.expect_chunk(0, {{1, 2}}).attempt, Attempt(1));
  EXPECT_EQ(world.schedule.retried(), 0U);
}

}  // namespace
}  // namespace fanfold::test
