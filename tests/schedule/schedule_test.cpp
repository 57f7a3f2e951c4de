// What Schedule decides, story by story.
#include "schedule/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "schedule/test_world.hpp"

namespace fanfold::test {
namespace {

using Verdict = Schedule::Verdict;

SchedulePolicy fixed_chunks(std::uint64_t tasks) {
  SchedulePolicy policy;
  policy.chunk = tasks;
  return policy;
}

TEST(Chunks, BeginWithOneTaskForEachSlotAndOneMoreInAdvance) {
  TestWorld world = TestWorld::of(100);
  world.joins(0, 4).wants(0, 3);
  world.expect_chunk(0, {{0, 4}});
  world.expect_chunk(0, {{4, 8}});
  world.expect_silence();  // the third has to wait for a report
}

TEST(Chunks, OfLongTasksFillEachSlotBeforeAnyGoesInAdvance) {
  TestWorld world = TestWorld::of(100);
  world.joins(0).joins(1).wants(0, 2).wants(1, 2);
  const Chunk first = world.expect_chunk(0, {{0, 1}});
  world.expect_chunk(1, {{1, 2}});
  world.expect_chunk(1, {{2, 3}});
  world.started(0, first, first.tasks);  // it has spoken again: now both have a task
  world.expect_chunk(0, {{3, 4}});
}

TEST(Chunks, OfLongTasksNeverGoBeyondOneInAdvanceForEachSlot) {
  TestWorld world = TestWorld::of(100);
  world.joins(0, 4).wants(0, 3);
  const Chunk first = world.expect_chunk(0);
  world.expect_chunk(0);
  world.done(0, first, {{0, 1}}, 1.0);  // the chunk that is still owed has room for the one that ended
  world.expect_chunk(0, {{8, 9}});
}

TEST(Chunks, GrowAndShrinkWithTheSlotsOfTheRank) {
  TestWorld world = TestWorld::of(100);
  world.joins(0, 2).wants(0);
  const Chunk first = world.expect_chunk(0, {{0, 2}});
  world.has_slots(0, 8).wants(0);
  const Chunk second = world.expect_chunk(0, {{2, 8}});  // what fills the idle ones
  world.done(0, first, 1.0);
  world.has_slots(0, 1).wants(0);
  world.expect_silence();  // it has more than it can run
  world.done(0, second, 1.0);
  world.expect_chunk(0, {{8, 9}});
  world.has_slots(7, 3);  // nobody
}

TEST(Chunks, OfCheapTasksGrowBySixteenUntilTheyTakeAQuarterOfASecond) {
  TestWorld world = TestWorld::of(1'000'000'000'000);
  const double seconds = 4e-9;
  world.joins(0, 2).wants(0);
  Chunk chunk = world.expect_chunk(0);
  std::vector<std::uint64_t> sizes;
  for (int step = 0; step < 10; ++step) {
    sizes.push_back(size_of(chunk.tasks));
    world.done(0, chunk, seconds);
    world.wants(0);
    chunk = world.expect_chunk(0);
  }
  EXPECT_EQ(sizes[0], 2U);
  for (std::size_t step = 1; step < 6; ++step) EXPECT_EQ(sizes[step], sizes[step - 1] * 16);
  EXPECT_NEAR(static_cast<double>(sizes[8]), 0.25 * 2 / seconds, 1e4);
  EXPECT_EQ(sizes[9], sizes[8]);
}

TEST(Chunks, ForgetTheOverheadOfTheFirstFewTasksAtOnce) {
  TestWorld world = TestWorld::of(1'000'000'000'000);
  world.joins(0, 1).wants(0);
  Chunk chunk = world.expect_chunk(0);
  for (int step = 0; step < 9; ++step) {
    const auto tasks = static_cast<double>(size_of(chunk.tasks));
    world.done(0, chunk, (20e-6 + tasks * 4e-9) / tasks);  // 20 µs to begin with
    world.wants(0);
    chunk = world.expect_chunk(0);
  }
  EXPECT_GT(size_of(chunk.tasks), 40'000'000U);
}

TEST(Chunks, ShrinkWhenTasksBecomeCostly) {
  TestWorld world = TestWorld::of(1'000'000'000);
  world.joins(0, 1).wants(0);
  Chunk chunk = world.expect_chunk(0);
  for (int step = 0; step < 6; ++step) {
    world.done(0, chunk, 1e-6);
    world.wants(0);
    chunk = world.expect_chunk(0);
  }
  ASSERT_GT(size_of(chunk.tasks), 200'000U);
  // A thousand times as long, now: parts of the chunk are reported every 0.1 s.
  std::uint64_t next = chunk.tasks[0].begin;
  for (int part = 0; part < 40; ++part, next += 100) world.done(0, chunk, {{next, next + 100}}, 1e-3);
  world.wants(0);
  EXPECT_LT(size_of(world.expect_chunk(0).tasks), 1000U);
}

TEST(Chunks, AreNotMadeTinyByOneTaskThatTakesADay) {
  TestWorld world = TestWorld::of(1'000'000'000);
  world.joins(0, 1).wants(0);
  Chunk chunk = world.expect_chunk(0);
  for (int step = 0; step < 8; ++step) {
    world.done(0, chunk, 1e-6);
    world.wants(0);
    chunk = world.expect_chunk(0);
  }
  const std::uint64_t usual = size_of(chunk.tasks);
  world.done(0, chunk, {{chunk.tasks[0].begin, chunk.tasks[0].begin + 1}}, 86400);
  world.wants(0);
  EXPECT_GE(size_of(world.expect_chunk(0).tasks), usual / 2 - 1);
}

TEST(Chunks, ShrinkTowardsTheEndSoThatRanksEndTogether) {
  TestWorld world = TestWorld::of(100'000);
  world.joins(0).joins(1).wants(0);
  Chunk chunk = world.expect_chunk(0);
  std::vector<std::uint64_t> sizes;
  while (!chunk.tasks.empty() && world.schedule.waiting() > 0) {
    sizes.push_back(size_of(chunk.tasks));
    world.done(0, chunk, 1e-3);
    world.wants(0);
    chunk = world.expect_chunk(0);
  }
  EXPECT_EQ(*std::max_element(sizes.begin(), sizes.end()), 250U);
  // 5 ms of work are the least; the last may be what was left.
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) EXPECT_GE(sizes[i], i < 2 ? 1U : 5U);
  EXPECT_LE(sizes.back(), 5U);
}

TEST(Chunks, AreAsLongAsTheUserSays) {
  TestWorld world = TestWorld::of(25, fixed_chunks(10));
  world.joins(0).wants(0, 4);
  world.expect_chunk(0, {{0, 10}});
  world.expect_chunk(0, {{10, 20}});
  world.expect_chunk(0, {{20, 25}});
}

TEST(Order, IsThatOfTheListWithTheChunkCutByCost) {
  // Four units, then ones; 10 ms for a unit: 25 units make a chunk.
  TaskList order{{90, 100}, {0, 90}};
  std::vector<float> costs(100, 1);
  std::fill_n(costs.begin(), 10, 4.0F);
  TestWorld world = TestWorld::of(order, costs);
  world.joins(0).wants(0);
  const Chunk first = world.expect_chunk(0, {{90, 91}});
  world.done(0, first, 0.04);
  world.wants(0);
  world.expect_chunk(0, {{91, 97}});  // 24 units; one more would make 28
}

TEST(Order, IsKeptByTasksThatComeBack) {
  TestWorld world = TestWorld::of({{7, 10}, {0, 7}}, {}, fixed_chunks(2));
  world.joins(0).joins(1).wants(0, 2);
  const Chunk first = world.expect_chunk(0, {{7, 9}});
  const Chunk second = world.expect_chunk(0, {{9, 10}, {0, 1}});
  world.returns(0, {{second.id, {{9, 10}, {0, 1}}}, {first.id, {{8, 9}}}});
  world.wants(1, 2);
  world.expect_chunk(1, {{8, 10}});
  world.expect_chunk(1, {{0, 2}});
}

TEST(Recalls, GetHalfOfWhatARankHasNotBegun) {
  TestWorld world = TestWorld::of(8, fixed_chunks(8));
  world.joins(0).joins(1).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  world.started(0, chunk, {{0, 1}});
  world.wants(1);
  EXPECT_EQ(world.expect_recall(0), 1U);  // of unknown cost: one for the slot that idles
  world.returns(0, {{chunk.id, {{7, 8}}}});
  const Chunk taken = world.expect_chunk(1, {{7, 8}});
  world.done(1, taken, 1e-2);
  world.wants(1);
  EXPECT_EQ(world.expect_recall(0), 4U);  // of 10 ms each: seven are here, three or four for each
  world.returns(0, {{chunk.id, {{3, 7}}}});
  world.expect_chunk(1);
}

TEST(Recalls, AskOneRankOnceAndSpreadOverTheOthers) {
  TestWorld world = TestWorld::of(6, fixed_chunks(1));
  for (int rank = 0; rank < 4; ++rank) world.joins(rank);
  world.wants(0, 2).wants(1, 2).wants(2, 2);
  std::vector<Chunk> ahead;
  for (int rank = 0; rank < 3; ++rank) {
    world.expect_chunk(rank);
    ahead.push_back(world.expect_chunk(rank));
  }
  world.wants(3, 2);
  world.schedule.on_time_passed(world.now);
  const int lender = [&] {
    const auto sent = world.schedule.take_decisions();
    EXPECT_EQ(sent.size(), 1U);  // one rank idles: one is asked
    return std::get<Schedule::SendRecall>(sent.at(0)).rank.value();
  }();
  world.returns(
      lender, {{ahead[static_cast<std::size_t>(lender)].id, ahead[static_cast<std::size_t>(lender)].tasks}});
  world.expect_chunk(3, ahead[static_cast<std::size_t>(lender)].tasks);
}

TEST(Recalls, GoOnToTheNextRankWhenOneHasNothingToGive) {
  TestWorld world = TestWorld::of(4, fixed_chunks(1));
  world.joins(0).joins(1).joins(2).wants(0, 2).wants(1, 2);
  for (const int rank : {0, 0, 1, 1}) world.expect_chunk(rank);
  world.wants(2);
  const auto first = std::get<Schedule::SendRecall>(world.schedule.take_decisions().at(0)).rank;
  world.returns(first.value(), {});
  world.expect_recall(1 - first.value());
  world.returns(1 - first.value(), {});
  world.passes(1).passes(1);
  world.expect_silence();  // both said that they have nothing: they are not asked again
}

TEST(Recalls, AreNotMadeForLessWorkThanTheyCost) {
  TestWorld world = TestWorld::of(100, fixed_chunks(50));
  world.joins(0).joins(1).wants(0, 2);
  const Chunk first = world.expect_chunk(0);
  world.expect_chunk(0);
  world.done(0, first, 1e-6);
  world.wants(1);
  world.expect_silence();  // 50 µs of work
}

TEST(Recalls, HappenWhenAReportIsOverdue) {
  TestWorld world = TestWorld::of(52, fixed_chunks(26));
  world.joins(0).joins(1).wants(0, 2);
  const Chunk first = world.expect_chunk(0);
  const Chunk second = world.expect_chunk(0);
  world.done(0, first, 1e-3);
  world.now += 0.1;
  world.wants(1);
  world.expect_silence();  // 26 ms of work, begun 0.1 s ago: done by now, it seems
  world.passes(0.1);
  world.expect_silence();
  world.passes(0.1);  // but then a report would have come
  EXPECT_EQ(world.expect_recall(0), 13U);
  world.returns(0, {{second.id, {{39, 52}}}});
  world.expect_chunk(1);
}

TEST(Recalls, TakeTasksForLongWhenTheRankIsSilentForLonger) {
  TestWorld world = TestWorld::of(8, fixed_chunks(4));
  world.joins(0).joins(1).wants(0, 2);
  const Chunk first = world.expect_chunk(0);
  const Chunk second = world.expect_chunk(0);
  world.done(0, first, 1e-3);
  world.wants(1);
  world.expect_silence();  // 2 ms of work for each, by what is known
  world.passes(0.3);       // but these tasks are no such
  EXPECT_EQ(world.expect_recall(0), 2U);
  world.returns(0, {{second.id, {{6, 8}}}});
  world.expect_chunk(1, {{6, 8}});
}

TEST(Retries, AreChunksOfTheNextAttemptAheadOfNewTasks) {
  SchedulePolicy policy = fixed_chunks(2);
  policy.retries = 2;
  TestWorld world = TestWorld::of(6, policy);
  world.joins(0).wants(0);
  Chunk chunk = world.expect_chunk(0, {{0, 2}});
  EXPECT_EQ(chunk.attempt, Attempt(1));
  EXPECT_EQ(world.retries(0, chunk), Verdict::counted);
  world.wants(0, 2);
  chunk = world.expect_chunk(0, {{0, 2}});
  EXPECT_EQ(chunk.attempt, Attempt(2));
  EXPECT_EQ(world.expect_chunk(0, {{2, 4}}).attempt, Attempt(1));
  EXPECT_EQ(world.schedule.retried(), 2U);
  EXPECT_EQ(world.schedule.finished(), 0U);
}

SchedulePolicy with_backoff(double seconds) {
  SchedulePolicy policy = fixed_chunks(1);
  policy.retries = 20;
  policy.backoff_seconds = seconds;
  policy.backoff_limit_seconds = 8 * seconds;
  return policy;
}

/// How long the task of the chunk rests when its attempt fails now. The rank has asked for more.
double rest_after_failure(TestWorld& world, Chunk& chunk) {
  world.retries(0, chunk);
  const double begin = world.now;
  world.wants(0);
  world.expect_silence();
  const std::optional<double> end = world.schedule.next_time();
  EXPECT_TRUE(end);
  world.now = *end - 0.01;
  world.passes(0.005);
  world.expect_silence();
  world.passes(0.006);
  chunk = world.expect_chunk(0);
  return *end - begin;
}

TEST(Retries, RestTwiceAsLongEachTimeUpToTheLimit) {
  TestWorld world = TestWorld::of(1, with_backoff(1));
  world.joins(0).wants(0);
  Chunk chunk = world.expect_chunk(0);
  for (const double rest : {1.0, 2.0, 4.0, 8.0, 8.0, 8.0}) {
    const double measured = rest_after_failure(world, chunk);
    EXPECT_GE(measured, 0.5 * rest);
    EXPECT_LE(measured, 1.5 * rest);
  }
  EXPECT_EQ(chunk.attempt, Attempt(7));
}

TEST(Retries, ComeBackAtTimesOfTheirOwnWhichAreTheSameInEachRun) {
  const auto rests = [] {
    std::vector<double> times;
    for (std::uint64_t task = 0; task < 8; ++task) {
      TestWorld world = TestWorld::of({{task, task + 1}}, {}, with_backoff(1));
      world.joins(0).wants(0);
      Chunk chunk = world.expect_chunk(0);
      times.push_back(rest_after_failure(world, chunk));
    }
    return times;
  };
  std::vector<double> times = rests();
  EXPECT_EQ(rests(), times);
  std::sort(times.begin(), times.end());
  EXPECT_GT(times.back() - times.front(), 0.3);
  EXPECT_EQ(std::unique(times.begin(), times.end()), times.end());
}

TEST(Retries, LeaveTheRankToOthersWhileTheyRest) {
  TestWorld world = TestWorld::of(2, with_backoff(1));
  world.joins(0).wants(0);
  Chunk failed = world.expect_chunk(0, {{0, 1}});
  world.retries(0, failed);
  world.wants(0);
  const Chunk other = world.expect_chunk(0, {{1, 2}});
  world.done(0, other);
  world.wants(0);
  EXPECT_FALSE(world.schedule.ended()) << "a task rests";
  EXPECT_EQ(world.schedule.waiting(), 1U);
  world.passes(2);
  world.done(0, world.expect_chunk(0, {{0, 1}}));
  EXPECT_TRUE(world.schedule.ended());
}

TEST(Retries, RestAsLongAsTheirOutcomeAsks) {
  TestWorld world = TestWorld::of(1, with_backoff(0));
  world.joins(0).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  Report report = TestWorld::report_of(chunk, {}, 1);
  report.to_retry = chunk.tasks;
  Outcome outcome;
  outcome.task = TaskIndex(0);
  outcome.status = Status::failed;
  outcome.retry_after = 30;
  report.outcomes.push_back(outcome);
  world.reports(0, report);
  EXPECT_NEAR(*world.schedule.next_time(), world.now + 30, 1e-9);
  world.wants(0);
  world.passes(29.9);
  world.expect_silence();
  world.passes(0.2);
  world.expect_chunk(0);
}

TEST(Retries, AreNotWaitedForOnceTheRunIsDrained) {
  TestWorld world = TestWorld::of(1, with_backoff(1));
  world.joins(0).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  world.retries(0, chunk);
  world.drains();
  EXPECT_TRUE(world.schedule.ended());
  EXPECT_FALSE(world.schedule.next_time());
  world.passes(10);
  world.expect_silence();
}

TEST(Retries, BeyondThePolicyCostARankItsPlace) {
  TestWorld world = TestWorld::of(4, fixed_chunks(2));  // no retries
  world.joins(0).joins(1).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  EXPECT_EQ(world.retries(0, chunk), Verdict::stale);
  world.wants(0);
  world.expect_silence();
  world.wants(1, 2);
  EXPECT_EQ(world.expect_chunk(1, {{0, 2}}).attempt, Attempt(1));
  world.expect_chunk(1, {{2, 4}});
  EXPECT_EQ(world.schedule.stale(), 2U);
}

TEST(LostRanks, GiveTheirTasksToOthersAndThoseThatRanOneByOne) {
  TestWorld world = TestWorld::of(5, fixed_chunks(5));
  world.joins(0, 2).joins(1, 2).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  world.started(0, chunk, {{0, 2}}).started(0, chunk, {{2, 3}});
  EXPECT_EQ(world.done(0, chunk, {{0, 1}}), Verdict::counted);
  world.dies(0).wants(1, 5);
  const Chunk suspect = world.expect_chunk(1, {{1, 2}});
  world.expect_chunk(1, {{3, 5}});
  world.done(1, suspect);
  world.expect_chunk(1, {{2, 3}});
  EXPECT_EQ(world.done(0, chunk, {{1, 2}}), Verdict::stale);  // it was not dead, only slow: too late
  EXPECT_EQ(world.schedule.outstanding(Rank(0)), 0U);
  EXPECT_EQ(world.schedule.outstanding(), 3U);
}

TEST(LostRanks, EndTheRunWhenNoneIsLeft) {
  TestWorld world = TestWorld::of(5, fixed_chunks(1));
  EXPECT_FALSE(world.schedule.ended());  // nobody has joined yet
  world.joins(0).joins(1).wants(0);
  world.expect_chunk(0);
  world.dies(0);
  EXPECT_FALSE(world.schedule.ended());
  world.dies(1);
  EXPECT_TRUE(world.schedule.ended());
  EXPECT_EQ(world.schedule.waiting(), 5U);
}

TEST(LostRanks, WithUnsentChunksGetNothing) {
  TestWorld world = TestWorld::of(5, fixed_chunks(1));
  world.joins(0).joins(1).wants(0).dies(0).wants(1);
  world.expect_chunk(1, {{0, 1}});
}

TEST(Failures, StopTheRunAtTheFirstIfThePolicySaysSo) {
  SchedulePolicy policy = fixed_chunks(1);
  policy.stop_on_failure = true;
  TestWorld world = TestWorld::of(5, policy);
  world.joins(0).joins(1).wants(0, 2).wants(1);
  const Chunk first = world.expect_chunk(0);
  const Chunk second = world.expect_chunk(0);
  const Chunk third = world.expect_chunk(1);
  world.started(1, third, third.tasks);
  world.fails(0, first);
  world.expect_drain(0);  // rank 1 has begun all that it has
  EXPECT_TRUE(world.schedule.stopped_by_failures());
  EXPECT_FALSE(world.schedule.ended());
  world.returns(0, {{second.id, second.tasks}}).wants(0);
  EXPECT_FALSE(world.schedule.ended());
  EXPECT_EQ(world.done(1, third), Verdict::counted);
  EXPECT_TRUE(world.schedule.ended());
  EXPECT_EQ(world.schedule.waiting(), 3U);
  EXPECT_EQ(world.schedule.failed(), 1U);
}

TEST(Failures, StopTheRunWhenTooManyAreReachedThoseBeforeIncluded) {
  SchedulePolicy policy = fixed_chunks(1);
  policy.max_failures = 3;
  policy.failed_before = 2;
  TestWorld world = TestWorld::of(5, policy);
  world.joins(0).wants(0, 2);
  const Chunk first = world.expect_chunk(0);
  const Chunk second = world.expect_chunk(0);
  world.fails(0, first);
  EXPECT_FALSE(world.schedule.draining());
  world.fails(0, second);
  EXPECT_TRUE(world.schedule.stopped_by_failures());
  EXPECT_TRUE(world.schedule.ended());
}

TEST(Failures, OfEarlierExecutionsAloneCanForbidToBegin) {
  SchedulePolicy policy;
  policy.max_failures = 3;
  policy.failed_before = 4;
  TestWorld world = TestWorld::of(5, policy);
  world.joins(0).wants(0);
  EXPECT_TRUE(world.schedule.stopped_by_failures());
  EXPECT_TRUE(world.schedule.ended());
}

TEST(Drain, IssuesNothingMoreAndLetsEndWhatRuns) {
  TestWorld world = TestWorld::of(10, fixed_chunks(2));
  world.joins(0).joins(1).wants(0);
  const Chunk chunk = world.expect_chunk(0);
  world.started(0, chunk, {{0, 1}}).drains().drains();
  world.expect_drain(0);
  world.wants(1);
  world.returns(0, {{chunk.id, {{1, 2}}}});
  EXPECT_FALSE(world.schedule.ended());
  EXPECT_EQ(world.done(0, chunk, {{0, 1}}), Verdict::counted);
  EXPECT_TRUE(world.schedule.ended());
  EXPECT_FALSE(world.schedule.stopped_by_failures());
  EXPECT_EQ(world.schedule.waiting(), 9U);
}

TEST(StaleEvents, ChangeNothing) {
  TestWorld world = TestWorld::of(4, fixed_chunks(2));
  world.joins(0).joins(1).wants(0);
  const Chunk chunk = world.expect_chunk(0, {{0, 2}});
  const Chunk unknown{ChunkId(77), Attempt(1), {{0, 2}}};
  Report twice = TestWorld::report_of(chunk, {{0, 1}}, 1);
  twice.to_retry = {{0, 1}};

  EXPECT_EQ(world.done(1, chunk), Verdict::stale);            // another rank's chunk
  EXPECT_EQ(world.done(0, unknown), Verdict::stale);          // no chunk
  EXPECT_EQ(world.done(0, chunk, {{1, 3}}), Verdict::stale);  // a task that it has not
  EXPECT_EQ(world.reports(0, twice), Verdict::stale);         // finished and to be retried
  EXPECT_EQ(world.done(9, chunk), Verdict::stale);            // a rank that never joined
  EXPECT_EQ(world.done(-1, chunk), Verdict::stale);
  world.joins(0).joins(-5).wants(9).dies(9);
  world.started(0, chunk, {{1, 3}}).started(0, chunk, {{0, 1}, {0, 1}}).started(0, chunk, {{1, 1}});
  world.returns(0, {{chunk.id, {{0, 1}, {0, 1}}}}).returns(0, {{ChunkId(77), {{0, 1}}}});
  EXPECT_EQ(world.schedule.stale(), 15U);
  EXPECT_EQ(world.schedule.outstanding(), 2U);
  EXPECT_EQ(world.schedule.waiting(), 2U);

  EXPECT_EQ(world.done(0, chunk), Verdict::counted);
  EXPECT_EQ(world.done(0, chunk), Verdict::stale);  // a second time
  EXPECT_EQ(world.schedule.finished(), 2U);
}

TEST(StaleEvents, WantsOfBillionsAreBounded) {
  TestWorld world = TestWorld::of(10'000, fixed_chunks(1));
  world.joins(0).wants(0, 4'000'000'000U).wants(0, 4'000'000'000U);
  EXPECT_LE(world.schedule.take_decisions().size(), 2 * 4096U);
}

TEST(Ended, IsARunWithoutTasks) {
  TestWorld world = TestWorld::of(0);
  EXPECT_TRUE(world.schedule.ended());
  world.joins(0).wants(0);
  world.expect_silence();
}

}  // namespace
}  // namespace fanfold::test
