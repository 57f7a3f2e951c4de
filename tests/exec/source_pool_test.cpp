// Jobs with a source: outcomes, retries, values, the pipeline into a kernel, and ends before the time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <cmath>

#include "core/annotated_mutex.hpp"
#include "exec_job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {
namespace {

using test::Bench;
using test::Folder;
using test::job_of;
using test::open_files;
using test::Reported;
using test::run_all;
using test::seconds_since;
using testing::ElementsAre;

ExecutorOptions threads(std::uint32_t io, std::uint32_t compute = 1) {
  ExecutorOptions options;
  options.io_threads = io;
  options.compute_threads = compute;
  options.rank = Rank(2);
  return options;
}

/// A source that holds every retrieval until it is let go, and counts them.
class Gate final : public Source {
 public:
  Retrieved retrieve(const Retrieval& retrieval) const override {
    const MutexLock lock(mutex_);
    ++entered_;
    while (!open_) changed_.wait(mutex_);
    Retrieved retrieved;
    if (retrieval.context.task.value() % 10 == 9) {
      retrieved.status = Status::failed;
      retrieved.error = "a nine";
    }
    return retrieved;
  }
  void interrupt() const override { open(); }
  void open() const {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::uint64_t entered() const {
    const MutexLock lock(mutex_);
    return entered_;
  }

 private:
  mutable Mutex mutex_;
  mutable ConditionVariable changed_;
  mutable bool open_ FANFOLD_GUARDED_BY(mutex_) = false;
  mutable std::uint64_t entered_ FANFOLD_GUARDED_BY(mutex_) = 0;
};

TEST(SourcePool, MakesAnOutcomeOfEachTask) {
  const auto job = job_of(R"toml(
params.i = { count = 6 }
task.shell = "echo {i}; echo slot {slot} >&2; exit $(({i} / 4 * 3))"
values.twice = "2 * value"
reduce.s = "sum(twice)"
reduce.codes = "count() by status"
)toml");
  const Reported reported = run_all(*job, threads(2));
  EXPECT_EQ(reported.finished.size(), 6U);
  ASSERT_EQ(reported.outcomes.size(), 6U);
  const Outcome& good = reported.outcome(3);
  EXPECT_EQ(good.status, Status::succeeded);
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_EQ(good.rank, Rank(2));
  EXPECT_THAT(good.values, ElementsAre(Value(std::int64_t{0}), Value(3.0), Value(6.0)));
  EXPECT_EQ(good.output, "3\n");
  EXPECT_EQ(good.errors, "slot " + std::to_string(good.slot) + "\n");
  EXPECT_GT(good.duration, 0);
  EXPECT_GE(good.start, 0);
  const Outcome& bad = reported.outcome(4);
  EXPECT_EQ(bad.status, Status::failed);
  EXPECT_EQ(bad.error, "exit code 3");
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_TRUE(bad.values.empty());
  const auto answers = reported.partial->finish();
  EXPECT_EQ(std::get<double>(answers[0].rows[0].value), 12.0);
  ASSERT_EQ(answers[1].rows.size(), 2U);
  EXPECT_EQ(answers[1].rows[0].keys[0], Value("failed"));
  EXPECT_EQ(answers[1].rows[0].tasks, 2U);
}

TEST(SourcePool, GivesFailedAttemptsBackWhileThereAreRetries) {
  const auto job = job_of(R"toml(
params.i = { count = 3 }
task.shell = "test {i} != 1 -o {attempt} = 2"
run.retries = 1
reduce.n = "count()"
)toml");
  Bench bench(*job, threads(2));
  bench.submit({{0, 3}});
  bench.finish();
  // The failed attempt has an outcome, is not finished and is in no aggregate.
  EXPECT_EQ(bench.reported.to_retry, (TaskList{{1, 2}}));
  EXPECT_EQ(bench.reported.finished.ranges(), (std::vector<TaskRange>{{0, 1}, {2, 3}}));
  EXPECT_EQ(bench.reported.outcome(1).error, "exit code 1");
  EXPECT_EQ(bench.reported.outcome(1).attempt, Attempt(1));
  bench.submit({{1, 2}}, 2);
  bench.finish();
  EXPECT_EQ(bench.reported.finished.size(), 3U);
  EXPECT_EQ(bench.reported.outcomes.back().attempt, Attempt(2));
  EXPECT_EQ(bench.reported.outcomes.back().status, Status::succeeded);
  EXPECT_EQ(bench.reported.partial->finish()[0].rows[0].tasks, 3U);
}

TEST(SourcePool, FailsForGoodAfterTheLastAttempt) {
  const auto job = job_of("task.command = ['false']\nrun.retries = 2");
  Bench bench(*job);
  bench.submit({{0, 1}}, 3);
  bench.finish();
  EXPECT_TRUE(bench.reported.to_retry.empty());
  EXPECT_EQ(bench.reported.finished.size(), 1U);
}

TEST(SourcePool, RetriesOutputThatIsNotWhatItShouldBe) {
  const auto job =
      job_of("task.command = ['echo', 'garbage']\nrun.retries = 1\nvalues.loss = { json = '/loss' }");
  const Reported reported = run_all(*job);
  EXPECT_EQ(reported.to_retry, (TaskList{{0, 1}}));
  EXPECT_EQ(reported.outcomes.front().error, "value 'loss': its output is not JSON: 'garbage'");
  EXPECT_EQ(reported.outcomes.front().output, "garbage\n");
}

TEST(SourcePool, ReadsValuesFromOutput) {
  const auto job = job_of(R"toml(
params.i = { count = 4 }
task.command = ["printf", 'step 1\nloss=%s tag=run{i}\n', "{i}.5"]
values.loss = { regex = 'loss=(\S+)' }
values.tag = { regex = 'tag=(\w+)', type = "text" }
values.half = "loss / 2"
reduce.best = "argmin(loss)"
reduce.by_tag = "sum(half) by tag"
)toml");
  const Reported reported = run_all(*job, threads(3));
  const Outcome& outcome = reported.outcome(2);
  EXPECT_EQ(outcome.values[0], Value(std::int64_t{0}));
  EXPECT_TRUE(std::isnan(std::get<double>(outcome.values[1])));
  EXPECT_EQ(outcome.values[2], Value(2.5));
  EXPECT_EQ(outcome.values[3], Value("run2"));
  EXPECT_EQ(outcome.values[4], Value(1.25));
  const auto answers = reported.partial->finish();
  EXPECT_EQ(std::get<reduce::Winner>(answers[0].rows[0].value).task, TaskIndex(0));
  EXPECT_EQ(answers[1].rows[3].keys[0], Value("run3"));
}

TEST(SourcePool, HandsFilesToAKernel) {
  const Folder folder;
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (int word = 0; word < i; ++word) text += "word\n";
    folder.write(std::to_string(i), text);
  }
  const auto job = job_of(R"toml(
params.i = { count = 61 }
task.read = "{i}"
task.kernel = "words"
values.per_line = "words * 1.0 / lines"
reduce.words = "sum(words)"
reduce.bytes = "sum(bytes)"
)toml",
                          folder.path());
  Bytes expected;
  for (const std::uint32_t compute : {1U, 2U, 5U}) {
    const Reported reported = run_all(*job, threads(3, compute));
    EXPECT_EQ(reported.finished_count, 61U);
    EXPECT_EQ(reported.outcomes.size(), 61U);
    EXPECT_EQ(reported.outcome(60).error, "cannot read '60': No such file or directory");
    EXPECT_EQ(reported.outcome(59).values[1], Value(std::int64_t{59}));
    EXPECT_EQ(reported.outcome(59).output, "") << "the contents of a file are not kept";
    if (expected.empty()) expected = reported.bits();
    EXPECT_EQ(reported.bits(), expected);
    EXPECT_EQ(reported.partial->finish()[0].rows[0].tasks, 60U);
  }
}

TEST(SourcePool, MakesAndRemovesTemporaryFolders) {
  const auto job =
      job_of("params.i = { count = 3 }\ntask.shell = 'mkdir {tmp}/a; touch {tmp}/a/b; echo {tmp}'");
  const Reported reported = run_all(*job, threads(2));
  TaskSet seen;
  std::vector<std::string> folders;
  for (const Outcome& outcome : reported.outcomes) {
    ASSERT_EQ(outcome.status, Status::succeeded) << outcome.errors;
    folders.push_back(outcome.output.substr(0, outcome.output.size() - 1));
    EXPECT_FALSE(std::filesystem::exists(folders.back())) << folders.back();
  }
  std::sort(folders.begin(), folders.end());
  EXPECT_EQ(std::unique(folders.begin(), folders.end()), folders.end());
}

TEST(SourcePool, KeepsOutputUpToItsLimit) {
  const auto job = job_of("task.command = ['seq', '100000']");
  ExecutorOptions options = threads(1);
  options.output_limit = 4;
  EXPECT_EQ(run_all(*job, options).outcomes.front().output, "1\n2\n\n[588891 bytes left out]\n");
}

TEST(SourcePool, NapsTogether) {
  const auto job = job_of("params.i = { count = 20 }\ntask.sleep = 0.2");
  const auto start = std::chrono::steady_clock::now();
  const Reported reported = run_all(*job, threads(12));
  EXPECT_EQ(reported.finished.size(), 20U);
  EXPECT_GE(seconds_since(start), 0.4);
  EXPECT_LT(seconds_since(start), 0.6);
}

TEST(SourcePool, EvaluatesNumbersForEachTask) {
  const auto job = job_of("params.i = { count = 3 }\ntask.sleep = '(i - 1) * 0.01'");
  const Reported reported = run_all(*job, threads(1));
  EXPECT_EQ(reported.outcome(0).error, "cannot sleep for -0.01 seconds");
  EXPECT_EQ(reported.outcome(0).exit_code, -1);
  EXPECT_EQ(reported.outcome(1).status, Status::succeeded);
  EXPECT_GE(reported.outcome(2).duration, 0.01);
}

TEST(SourcePool, TellsWhichTasksStartedAndTakesBackTheOthers) {
  const auto job = job_of("params.i = { count = 100 }\ntask.sleep = 1");
  auto source = std::make_unique<Gate>();
  const Gate& gate = *source;
  Bench bench(*job, std::move(source), threads(3));
  bench.submit({{0, 10}});
  bench.submit({{10, 20}});
  while (gate.entered() < 3) bench.take();
  EXPECT_EQ(bench.executor.running(), 3U);
  EXPECT_EQ(bench.executor.unstarted(), 17U);
  TaskSet started;
  for (const ChunkTasks& tasks : bench.executor.take_started()) {
    EXPECT_EQ(tasks.chunk, ChunkId(0));
    for (const TaskRange& range : tasks.tasks) started.insert(range);
  }
  EXPECT_EQ(started, TaskSet(TaskRange{0, 3}));
  EXPECT_THAT(bench.executor.recall(15),
              ElementsAre(ChunkTasks{ChunkId(1), {{10, 20}}}, ChunkTasks{ChunkId(0), {{5, 10}}}));
  EXPECT_EQ(bench.executor.wanted_chunks(0.01), 1U);
  EXPECT_FALSE(bench.executor.idle());
  gate.open();
  bench.finish();
  EXPECT_EQ(bench.reported.finished.ranges(), (std::vector<TaskRange>{{0, 5}}));
}

TEST(SourcePool, FetchesLongTasksOnePerSlotAtMost) {
  const auto job = job_of("params.i = { count = 100 }\ntask.sleep = 0.06");
  Bench bench(*job, threads(2));
  bench.submit({{0, 1}});
  bench.finish();
  EXPECT_EQ(bench.executor.wanted_chunks(10), 4U);  // two to run, two to follow
  for (std::uint64_t task = 1; task < 5; ++task) bench.submit({{task, task + 1}});
  while (bench.executor.running() < 2) bench.take();
  EXPECT_EQ(bench.executor.wanted_chunks(10), 0U);
  bench.finish();
}

RC_GTEST_PROP(SourcePool, LosesOrDoublesNoTaskWhenTasksAreTakenBack, (std::uint64_t seed)) {
  const auto job =
      job_of("params.i = { count = 400 }\ntask.sleep = 0\nrun.retries = 1\nreduce.n = 'count()'");
  auto source = std::make_unique<Gate>();
  const Gate& gate = *source;
  Bench bench(*job, std::move(source), threads(1 + seed % 4));
  for (std::uint64_t begin = 0; begin < 400; begin += 50) bench.submit({{begin, begin + 50}});
  gate.open();
  std::uint64_t recalled = 0;
  TaskSet all;
  while (!bench.executor.idle()) {
    for (const ChunkTasks& taken : bench.executor.recall(1 + seed % 7)) {
      recalled += size_of(taken.tasks);
      for (const TaskRange& range : taken.tasks) all.insert(range);
    }
    for (Report& report : bench.executor.take_reports()) bench.reported.add(std::move(report));
  }
  const std::uint64_t retried = size_of(bench.reported.to_retry);
  RC_ASSERT(recalled + retried + bench.reported.finished_count == 400U);
  RC_ASSERT(bench.reported.outcomes.size() == retried + bench.reported.finished_count);
  for (const TaskRange& range : bench.reported.to_retry) all.insert(range);
  all.insert(bench.reported.finished);
  RC_ASSERT(all.size() == 400U);
}

TEST(SourcePool, ReportsWhatEndedWhenItIsAbandonedAndNothingElse) {
  const auto job = job_of("params.i = { count = 100 }\ntask.shell = 'test {i} -lt 3 || exec sleep 30'");
  const auto start = std::chrono::steady_clock::now();
  Bench bench(*job, threads(2));
  bench.submit({{0, 100}});
  while (bench.executor.unstarted() > 95) bench.take();
  bench.executor.abandon();
  bench.finish();
  EXPECT_EQ(bench.reported.finished.ranges(), (std::vector<TaskRange>{{0, 3}}));
  EXPECT_LT(seconds_since(start), 10);
}

TEST(SourcePool, LeavesNoFileOpenAndNoChild) {
  const auto files = open_files();
  {
    const auto job =
        job_of("params.i = { count = 200 }\ntask.command = ['sh', '-c', 'echo {i}; sleep 0.0{i}']");
    Bench bench(*job, threads(8));
    bench.submit({{0, 200}});
    while (bench.executor.unstarted() > 100) bench.take();
  }
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace fanfold
