// Jobs with a source: outcomes, retries, values, the pipeline into a kernel, and ends before the time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <cmath>
#include <set>

#include "core/annotated_mutex.hpp"
#include "core/error.hpp"
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
using testing::HasSubstr;

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

/// A source that takes three tasks at a time and ends them all at once, the last one first.
class Piles final : public Source {
 public:
  std::unique_ptr<SourceSession> open_session(SessionPlace place) const override {
    return std::make_unique<Pile>(place);
  }
  void interrupt() const override {}

 private:
  class Pile final : public SourceSession {
   public:
    explicit Pile(SessionPlace place) : place_(place) {}
    std::size_t room() const override { return 3 - pile_.size(); }
    void begin(std::size_t ticket, const Retrieval& retrieval) override {
      EndedRetrieval ended;
      ended.ticket = ticket;
      ended.retrieved.output = "task " + std::to_string(retrieval.context.task.value()) + " in slot " +
                               std::to_string(place_.slot) + " of rank " +
                               std::to_string(place_.rank.value());
      if (retrieval.context.task.value() % 5 == 3) {
        ended.retrieved.status = Status::failed;
        ended.retrieved.error = "a three";
      }
      pile_.insert(pile_.begin(), std::move(ended));
    }
    void wait(std::chrono::nanoseconds, std::vector<EndedRetrieval>& ended) override {
      ended.insert(ended.end(), pile_.begin(), pile_.end());
      pile_.clear();
    }

   private:
    const SessionPlace place_;
    std::vector<EndedRetrieval> pile_;
  };
};

TEST(SourcePool, TellsTasksApartThatASessionHasAtTheSameTime) {
  const auto job = job_of(R"toml(
params.i = { count = 50 }
params.x = { expr = "100 % (i - 7) * 0.0 + i" }
task.shell = "the source is another"
run.retries = 1
reduce.sum = "sum(x)"
)toml");
  Bench bench(*job, std::make_unique<Piles>(), threads(2));
  bench.submit({{0, 20}}, 2);
  bench.submit({{20, 50}}, 1);
  bench.finish();
  const Reported& reported = bench.reported;
  EXPECT_EQ(reported.outcomes.size(), 50U);
  EXPECT_EQ(reported.finished_count, 20U + 24U);
  EXPECT_EQ(size_of(reported.to_retry), 6U);
  for (const Outcome& outcome : reported.outcomes) {
    const std::uint64_t task = outcome.task.value();
    if (task == 7) {
      EXPECT_THAT(outcome.error, HasSubstr("division by zero"));  // it never came to the session
      continue;
    }
    EXPECT_EQ(outcome.output,
              "task " + std::to_string(task) + " in slot " + std::to_string(outcome.slot) + " of rank 2");
    EXPECT_EQ(outcome.error, task % 5 == 3 ? "a three" : "");
  }
  // 0 … 49 without 3, 8, 13 … 48, and 7.
  EXPECT_EQ(std::get<double>(reported.partial->finish()[0].rows[0].value), 1225.0 - 255.0 - 7.0);
}

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
  const auto job = job_of("task.command = ['seq', '100000']\nrun.output_limit = 14");
  EXPECT_EQ(run_all(*job, threads(1)).outcomes.front().output,
            "1\n2\n3\n4\n[588881 bytes left out]\n100000\n");
}

/// The most tasks that ran at once, from the times of their outcomes.
std::size_t most_at_once(const std::vector<Outcome>& outcomes) {
  std::size_t most = 0;
  for (const Outcome& at : outcomes) {
    most = std::max(most, static_cast<std::size_t>(std::ranges::count_if(outcomes, [&](const Outcome& other) {
                      return other.start <= at.start && at.start < other.start + other.duration;
                    })));
  }
  return most;
}

TEST(SourcePool, RunsNoMoreTasksAtOnceThanTheirCoresAndMemoryAllow) {
  const std::string job = "params.i = { count = 6 }\ntask.command = ['sleep', '0.1']\n";
  ExecutorOptions options = threads(4);
  options.memory = 1000 << 20;
  EXPECT_EQ(most_at_once(run_all(*job_of(job), options).outcomes), 4U);
  EXPECT_EQ(most_at_once(run_all(*job_of(job + "task.cores = 2"), options).outcomes), 2U);
  EXPECT_EQ(most_at_once(run_all(*job_of(job + "task.cores = 'i < 9 ? 2 : 1'"), options).outcomes), 2U);
  EXPECT_EQ(most_at_once(run_all(*job_of(job + "task.cores = 99"), options).outcomes), 1U);
  EXPECT_EQ(most_at_once(run_all(*job_of(job + "task.memory = '300MiB'"), options).outcomes), 3U);
  EXPECT_EQ(most_at_once(run_all(*job_of(job + "task.memory = '(300 + i) * 1048576'"), options).outcomes),
            3U);
}

TEST(SourcePool, TellsATaskItsCoresAndItsGpus) {
  const auto job = job_of(R"toml(
params.i = { count = 12 }
task.shell = "echo $OMP_NUM_THREADS $CUDA_VISIBLE_DEVICES"
task.cores = 2
task.gpus = 2
)toml");
  ExecutorOptions options = threads(8);
  options.gpus = {"3", "1", "GPU-x", "7", "0"};
  const Reported reported = run_all(*job, options);
  for (const Outcome& outcome : reported.outcomes) {
    EXPECT_TRUE(outcome.output == "2 3,1\n" || outcome.output == "2 GPU-x,7\n" ||
                outcome.output.find("0") != std::string::npos)
        << outcome.output;
  }
  EXPECT_LE(most_at_once(reported.outcomes), 2U);
}

TEST(SourcePool, RefusesWhatNoRankOfItsKindCanRun) {
  const auto refusal_of = [](const std::string& keys) -> std::string {
    const auto job = job_of("task.command = ['true']\n" + keys);
    ExecutorOptions options = threads(2);
    options.memory = 100 << 20;
    try {
      Bench bench(*job, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal_of("task.memory = '1GiB'"),
            "a task needs 1024 MiB of memory, and this rank has 100 MiB to give");
  EXPECT_EQ(refusal_of("task.gpus = 1"),
            "a task needs 1 GPU, and this rank has none (CUDA_VISIBLE_DEVICES says which may be used)");
  EXPECT_EQ(refusal_of("task.memory = 2"),
            "'memory' is 2 bytes, which no program can do with: write \"2GiB\"");
  EXPECT_EQ(refusal_of("task.cores = 1.5"), "'cores' must be a whole number, not 1.5");
}

TEST(SourcePool, FailsATaskThatAsksForMoreThanThereIs) {
  const auto job =
      job_of("params.i = { count = 3 }\ntask.command = ['true']\ntask.memory = 'i * 60 * 1048576 + 1048576'");
  ExecutorOptions options = threads(2);
  options.memory = 100 << 20;
  const Reported reported = run_all(*job, options);
  EXPECT_EQ(reported.outcome(1).status, Status::succeeded) << reported.outcome(1).error;
  EXPECT_EQ(reported.outcome(2).error, "a task needs 121 MiB of memory, and this rank has 100 MiB to give");
}

TEST(SourcePool, GivesEachTaskTheTimeThatItAsksFor) {
  const auto job = job_of(R"toml(
params.i = { count = 2 }
task.command = ["sleep", "0.3"]
task.timeout = "0.1 + i * 30"
run.timeout = "20s"
)toml");
  const Reported reported = run_all(*job, threads(2));
  EXPECT_EQ(reported.outcome(0).error, "timed out after 0.1 s");
  EXPECT_EQ(reported.outcome(1).status, Status::succeeded);
}

TEST(SourcePool, NapsTogether) {
  const auto job = job_of("params.i = { count = 20 }\ntask.sleep = 0.2");
  const auto start = std::chrono::steady_clock::now();
  const Reported reported = run_all(*job, threads(12));
  EXPECT_EQ(reported.finished.size(), 20U);
  EXPECT_GE(seconds_since(start), 0.4);
  EXPECT_LT(seconds_since(start), 0.6);
}

TEST(SourcePool, FindsHowManyThreadsDoBest) {
  const auto job = job_of("params.i = { count = 600 }\ntask.sleep = 0.03");
  ExecutorOptions options = threads(2);
  options.most_io_threads = 32;
  Bench bench(*job, options);
  EXPECT_EQ(bench.executor.slots(), 2U);
  bench.submit({{0, 600}});
  bench.finish();
  EXPECT_EQ(bench.reported.finished_count, 600U);
  EXPECT_GT(bench.executor.slots(), 4U);
  EXPECT_LE(bench.executor.slots(), 32U);
  std::set<std::uint32_t> slots;
  for (const Outcome& outcome : bench.reported.outcomes) slots.insert(outcome.slot);
  EXPECT_GT(slots.size(), 4U);
  EXPECT_LT(*slots.rbegin(), 32U);
}

TEST(SourcePool, KeepsTheNumberOfThreadsForTasksThatCompute) {
  const auto job = job_of(
      "params.i = { count = 40 }\ntask.command = ['sh', '-c', 'i=0; while [ $i -lt 9000 ]; do i=$((i+1)); "
      "done']");
  ExecutorOptions options = threads(2);
  options.most_io_threads = 32;
  Bench bench(*job, options);
  bench.submit({{0, 40}});
  bench.finish();
  EXPECT_LE(bench.executor.slots(), 16U);  // 2, but on a busy machine tasks seem to wait
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
