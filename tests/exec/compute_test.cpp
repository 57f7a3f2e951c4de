// Jobs without a source: whatever the chunks and threads, the same tasks with the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "exec_job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {
namespace {

using test::Bench;
using test::job_of;
using test::Reported;
using test::run_all;
using testing::ElementsAre;

ExecutorOptions compute_threads(std::uint32_t count) {
  ExecutorOptions options;
  options.compute_threads = count;
  return options;
}

const std::string small_job = R"toml(
[params]
a = { count = 70 }
b = { count = 700 }
[values]
x = "(a - 30) * 0.1 + b"
y = "sqrt(x * x)"
n = "a * b"
[reduce]
s = "sum(x)"
m = "mean(y) by a"
best = "argmax(n)"
[run]
keep = "none"
)toml";

/// Chunks that share the tasks of a job in an order that the seed tells.
std::vector<TaskList> odd_chunks(std::uint64_t size, std::uint64_t seed) {
  std::vector<TaskList> chunks(1 + seed % 4);
  std::vector<TaskRange> ranges;
  for (std::uint64_t begin = 0, step = 1; begin < size; begin += step) {
    step = std::min(1 + (seed * 2654435761 + begin * 40503) % 5000, size - begin);
    ranges.push_back({begin, begin + step});
  }
  for (std::size_t range = ranges.size(); range-- > 0;)
    chunks[(seed + range) % chunks.size()].push_back(ranges[range]);
  return chunks;
}

TEST(Compute, EvaluatesEveryTask) {
  const auto job = job_of("params.i = { count = 5 }\nvalues.y = 'i * 0.5'\nreduce.s = 'sum(y)'");
  const Reported reported = run_all(*job);
  EXPECT_EQ(reported.finished.ranges(), (std::vector<TaskRange>{{0, 5}}));
  EXPECT_EQ(std::get<double>(reported.partial->finish().front().rows.front().value), 5.0);
  EXPECT_TRUE(reported.outcomes.empty());
  EXPECT_GT(reported.busy, 0);
}

TEST(Compute, GivesTheBitsOfAPlainEvaluationForAnyChunksAndThreads) {
  const auto job = job_of(small_job);
  const Bytes expected = run_all(*job, compute_threads(1)).bits();
  // A reference that shares no code with the pools: sum(x) by long arithmetic.
  long double sum = 0;
  for (int a = 0; a < 70; ++a) {
    for (int b = 0; b < 700; ++b) sum += static_cast<long double>((a - 30) * 0.1 + b);
  }
  EXPECT_NEAR(std::get<double>(run_all(*job).partial->finish().front().rows.front().value),
              static_cast<double>(sum), 1e-6);
  for (const std::uint32_t threads : {1U, 2U, 5U}) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      Bench bench(*job, compute_threads(threads));
      for (TaskList& chunk : odd_chunks(job->size(), seed)) bench.submit(std::move(chunk));
      bench.finish();
      EXPECT_EQ(bench.reported.finished_count, job->size());
      EXPECT_EQ(bench.reported.finished.size(), job->size());
      EXPECT_EQ(bench.reported.bits(), expected) << threads << " threads, seed " << seed;
    }
  }
}

TEST(Compute, RunsKernels) {
  const auto job = job_of(R"toml(
params.replica = { count = 40 }
task.kernel = "pi"
task.samples = "1000 + replica"
reduce.hits = "1.0 * sum(hits)"
reduce.n = "sum(hits) by replica"
)toml");
  const Bytes expected = run_all(*job, compute_threads(1)).bits();
  EXPECT_EQ(run_all(*job, compute_threads(3)).bits(), expected);
  const Reported reported = run_all(*job);
  EXPECT_NEAR(std::get<double>(reported.partial->finish().front().rows.front().value) * 4 / (40 * 1000 + 780),
              3.14159, 0.05);
}

TEST(Compute, ReportsFailuresByReasonAndGoesOn) {
  const auto job = job_of("params.i = { count = 10000 }\nvalues.y = '100 % (i % 100)'\nreduce.s = 'count()'");
  const Reported reported = run_all(*job, compute_threads(2));
  EXPECT_EQ(reported.finished.size(), 10000U);
  std::uint64_t failed = 0;
  for (const FailedTasks& failures : reported.failures) {
    EXPECT_THAT(failures.reason, testing::HasSubstr("division by zero"));
    ByteReader reader(failures.tasks);
    const TaskSet tasks = decode_task_set(reader);
    EXPECT_EQ(tasks.size(), failures.count);
    for (const TaskRange& range : tasks.ranges()) EXPECT_EQ(range.begin % 100, 0U);
    failed += failures.count;
  }
  EXPECT_EQ(failed, 100U);
}

TEST(Compute, ReportsManyFailuresInParts) {
  const auto job = job_of(
      "params.i = { count = 400000 }\nvalues.y = '1 % (i % 2)'\nrun.keep = 'none'\nreduce.s = 'sum(y)'");
  ExecutorOptions options;
  options.report_seconds = 1000;
  const Reported reported = run_all(*job, options);
  EXPECT_EQ(reported.finished_count, 400000U);
  EXPECT_GE(reported.reports, 3U);
  for (const FailedTasks& failures : reported.failures) EXPECT_LE(failures.count, 60000U);
}

TEST(Compute, KeepsValuesInPartsOfConsecutiveTasks) {
  const auto job = job_of(R"toml(
params.i = { count = 150000 }
values.y = "i * 0.5"
values.z = "10 % (i % 50000)"
run.keep = "all"
)toml");
  const Reported reported = run_all(*job, compute_threads(2));
  std::vector<double> y(job->size(), -1);
  std::vector<std::int64_t> z(job->size(), -1);
  for (const KeptColumns& kept : reported.columns) {
    EXPECT_LE(kept.tasks.size(), 65536U);
    const auto columns = decode_columns(kept.data, kept.tasks.size());
    ASSERT_EQ(columns.size(), 2U);
    for (std::uint64_t row = 0; row < kept.tasks.size(); ++row) {
      y[kept.tasks.begin + row] = columns[0].view().reals()[row];
      z[kept.tasks.begin + row] = columns[1].view().integers()[row];
    }
  }
  for (std::uint64_t i = 0; i < job->size(); ++i) {
    const bool failed = i % 50000 == 0;
    if (failed) {
      EXPECT_TRUE(std::isnan(y[i])) << i;
    } else {
      ASSERT_EQ(y[i], static_cast<double>(i) * 0.5);
    }
    ASSERT_EQ(z[i], failed ? 0 : 10 % static_cast<std::int64_t>(i % 50000)) << i;
  }
}

TEST(Compute, ReportsPartsOfALongChunkAtIntervals) {
  const auto job = job_of(
      "params.i = { count = 200 }\ntask.kernel = 'pi'\ntask.samples = 4_000_000\nreduce.s = 'sum(hits)'");
  ExecutorOptions options;
  options.report_seconds = 0.02;
  EXPECT_GE(run_all(*job, options).reports, 3U);
}

TEST(Compute, TakesBackTheLastTasksFirst) {
  const auto job = job_of("params.i = { count = 1000 }\ntask.kernel = 'pi'\ntask.samples = 2_000_000");
  Bench bench(*job, compute_threads(1));
  bench.submit({{0, 500}});
  bench.submit({{500, 600}, {700, 800}});
  std::vector<ChunkTasks> recalled = bench.executor.recall(250);
  ASSERT_EQ(recalled.size(), 2U);
  EXPECT_EQ(recalled[0], (ChunkTasks{ChunkId(1), {{500, 600}, {700, 800}}}));
  EXPECT_EQ(recalled[1], (ChunkTasks{ChunkId(0), {{450, 500}}}));
  bench.executor.recall(1'000'000);
  EXPECT_EQ(bench.executor.unstarted(), 0U);
  bench.finish();
  EXPECT_LT(bench.reported.finished.size(), 450U);
}

RC_GTEST_PROP(Compute, LosesOrDoublesNoTaskWhenTasksAreTakenBack, (std::uint64_t seed)) {
  const auto job = job_of(small_job);
  Bench bench(*job, compute_threads(1 + seed % 3));
  for (TaskList& chunk : odd_chunks(job->size(), seed)) bench.submit(std::move(chunk));
  TaskSet recalled;
  std::uint64_t recalled_count = 0;
  while (!bench.executor.idle()) {
    for (const ChunkTasks& taken : bench.executor.recall(1 + seed % 3000)) {
      recalled_count += size_of(taken.tasks);
      for (const TaskRange& range : taken.tasks) recalled.insert(range);
    }
    for (Report& report : bench.executor.take_reports()) bench.reported.add(std::move(report));
  }
  RC_ASSERT(recalled.size() == recalled_count);
  RC_ASSERT(bench.reported.finished.size() == bench.reported.finished_count);
  RC_ASSERT(bench.reported.finished_count + recalled_count == job->size());
  recalled.insert(bench.reported.finished);
  RC_ASSERT(recalled.size() == job->size());
}

TEST(Compute, GivesAKernelTheTextsOfAnAxisAsInput) {
  const auto job = job_of(R"toml(
[params]
copy = { count = 2 }
input = ["two words", "", "a line\n", "äö ü"]
[task]
kernel = "words"
[reduce]
words = "sum(words)"
lines = "sum(lines)"
characters = "sum(characters) by input"
)toml");
  Bench bench(*job, compute_threads(2));
  bench.submit({{0, 8}});
  bench.finish();
  const std::vector<reduce::Answer> answers = bench.reported.partial->finish();
  EXPECT_EQ(std::get<BigInteger>(answers[0].rows[0].value), 12);
  EXPECT_EQ(std::get<BigInteger>(answers[1].rows[0].value), 2);
  std::vector<std::int64_t> characters;
  for (const reduce::AnswerRow& row : answers[2].rows)
    characters.push_back(std::get<BigInteger>(row.value).convert_to<std::int64_t>());
  EXPECT_THAT(characters, ElementsAre(0, 14, 18, 8));
}

TEST(Compute, AsksForOneChunkAheadAndForMoreOfTinyOnes) {
  const auto job = job_of("params.i = { count = 10000000 }\nvalues.y = 'i * 2'\nrun.keep = 'none'");
  Bench bench(*job, compute_threads(1));
  EXPECT_EQ(bench.executor.wanted_chunks(0.01), 1U);
  for (std::uint64_t task = 0; task < 1000; ++task) bench.submit({{task, task + 1}});
  bench.finish();
  EXPECT_GT(bench.executor.wanted_chunks(0.01), 10U);
  EXPECT_LE(bench.executor.wanted_chunks(1000), 4096U);
}

TEST(Compute, IsAbandonedWithoutWaitingForItsChunks) {
  const auto job = job_of(
      "params.i = { count = 1000000000 }\ntask.kernel = 'pi'\ntask.samples = 1_000_000\nrun.keep = 'none'");
  const auto start = std::chrono::steady_clock::now();
  {
    Bench bench(*job, compute_threads(2));
    bench.submit({{0, job->size()}});
    while (bench.executor.running() == 0) bench.take();
    bench.executor.abandon();
    bench.submit({{0, 10}});
    bench.finish();
    EXPECT_EQ(bench.executor.unstarted(), 0U);
  }
  EXPECT_LT(test::seconds_since(start), 10);
}

}  // namespace
}  // namespace fanfold
