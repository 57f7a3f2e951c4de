// Whole runs in one process: job text in, answers and run file out, on any number of ranks and threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "exec/source.hpp"
#include "journal/run_file.hpp"
#include "run/in_process_ranks.hpp"
#include "run/run.hpp"
#include "silent_observer.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A folder for a test's files, removed at its end.
class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    std::string name = (fs::temp_directory_path() / "fanfold-run-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RunTest() override { fs::remove_all(folder_); }

  /// Runs a job text; a second call with the same run file goes on.
  RunResult run(const std::string& text, int ranks = 1, Threads threads = {}, RunOptions options = {}) {
    std::ofstream(folder_ / "job.toml") << text;
    const JobSource source = read_job(folder_ / "job.toml", overrides_);
    const std::unique_ptr<const Job> job = open_job(source, source_registry());
    options.run_file = folder_ / "job.run";
    options.choose_threads = [threads](const Job&) { return threads; };
    Mail mail(ranks);
    std::vector<std::jthread> workers;
    for (int rank = 1; rank < ranks; ++rank) {
      workers.emplace_back([&mail, rank, threads] {
        InProcessTransport transport(mail, Rank(rank));
        run_worker(transport, {[threads](const Job&) { return threads; }, {}, nullptr, {}});
      });
    }
    InProcessTransport transport(mail, Rank(0));
    SilentObserver silent;
    try {
      return run_coordinator(transport, *job, source, options, silent);
    } catch (...) {
      dismiss_workers(transport);
      throw;
    }
  }

  static BigInteger integer_answer(const RunResult& result, std::size_t entry = 0) {
    return std::get<BigInteger>(result.answers.at(entry).rows.at(0).value);
  }

  fs::path folder_;
  JobOverrides overrides_;
};

constexpr const char* squares = R"toml(
[params]
i = { count = 1000 }
[values]
square = "i * i"
[reduce]
total = "sum(square)"
)toml";
const BigInteger sum_of_squares = 332833500;

constexpr const char* naps = R"toml(
[params]
x = [0.02, 0.02, 0.02, 0.02, 0.2]
[task]
sleep = "x"
)toml";

TEST_F(RunTest, TasksThatTookLongBeforeComeFirstInARunThatIsMadeAnew) {
  const auto start_of_the_last = [this] {
    return RunFileReader(folder_ / "job.run").row(TaskIndex(4))->start;
  };
  const auto start_of_the_second = [this] {
    return RunFileReader(folder_ / "job.run").row(TaskIndex(1))->start;
  };
  run(naps, 1, Threads{1, 1});
  EXPECT_GT(start_of_the_last(), start_of_the_second());
  RunOptions anew;
  anew.fresh = true;
  run(naps, 1, Threads{1, 1}, anew);
  EXPECT_LT(start_of_the_last(), start_of_the_second());
  // Of other tasks nothing is known.
  run(std::string(naps) + "seed_by = ['x']\n", 1, Threads{1, 1}, anew);
  EXPECT_LT(start_of_the_last(), start_of_the_second());
  std::string others = naps;
  others.replace(others.find("0.02"), 4, "0.03");
  run(others, 1, Threads{1, 1}, anew);
  EXPECT_GT(start_of_the_last(), start_of_the_second());
}

TEST_F(RunTest, ValuesAreReducedOnAnyNumberOfRanksAndThreads) {
  for (const int ranks : {1, 2, 3, 5}) {
    for (const std::uint32_t threads : {1U, 2U, 5U}) {
      RunOptions options;
      options.fresh = true;
      const RunResult result = run(squares, ranks, {threads, 1}, options);
      EXPECT_EQ(result.status, ExitStatus::success);
      EXPECT_EQ(result.finished, 1000U);
      EXPECT_EQ(integer_answer(result), sum_of_squares);
    }
  }
}

TEST_F(RunTest, AnEndedRunAnswersFromItsFile) {
  run(squares);
  const RunResult again = run(squares, 2);
  EXPECT_EQ(again.executed, 0U);
  EXPECT_EQ(integer_answer(again), sum_of_squares);
}

TEST_F(RunTest, ARunGoesOnWhereAPartOfItEnded) {
  RunOptions part;
  part.tasks = TaskRange{100, 300};
  const RunResult first = run(squares, 2, {2, 1}, part);
  EXPECT_EQ(first.executed, 200U);
  EXPECT_EQ(first.status, ExitStatus::success);
  const RunResult rest = run(squares, 3);
  EXPECT_EQ(rest.executed, 800U);
  EXPECT_EQ(integer_answer(rest), sum_of_squares);
}

TEST_F(RunTest, AnotherJobsRunFileIsRefusedWithTheKeysThatDiffer) {
  run(squares);
  std::string larger = squares;
  larger.replace(larger.find("1000"), 4, "1001");
  try {
    run(larger);
    FAIL() << "the run file of another job was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("belongs to another job"));
    EXPECT_THAT(error.what(), HasSubstr("params.i"));
  }
}

TEST_F(RunTest, ChangedReductionsAreMadeAgainFromKeptValues) {
  run(squares);
  const RunResult result = run(R"toml(
[params]
i = { count = 1000 }
[values]
square = "i * i"
[reduce]
n = "count()"
largest = "max(square)"
)toml");
  EXPECT_EQ(result.executed, 0U);
  EXPECT_EQ(integer_answer(result, 0), 1000);
  EXPECT_EQ(integer_answer(result, 1), 998001);
}

TEST_F(RunTest, FailedTasksAreCountedReportedAndRunAgainOnRequest) {
  constexpr const char* job = R"toml(
[params]
i = { count = 20 }
[task]
shell = "{ test {i} != 13 || test -e mended; } && echo {i}"
[reduce]
total = "sum(value)"
by_status = "count() by status"
)toml";
  const RunResult first = run(job, 2, {1, 2});
  EXPECT_EQ(first.status, ExitStatus::failures);
  EXPECT_EQ(first.failed, 1U);
  ASSERT_EQ(first.failures.size(), 1U);
  EXPECT_EQ(first.failures[0].first, TaskIndex(13));
  EXPECT_EQ(first.failures[0].error, "exit code 1");
  EXPECT_EQ(std::get<double>(first.answers[0].rows[0].value), 190 - 13);

  EXPECT_EQ(run(job).executed, 0U) << "failed tasks run again only on request";

  std::ofstream(folder_ / "mended").flush();
  RunOptions again;
  again.retry_failed = true;
  const RunResult second = run(job, 2, {1, 2}, again);
  EXPECT_EQ(second.executed, 1U);
  EXPECT_EQ(second.status, ExitStatus::success);
  EXPECT_EQ(std::get<double>(second.answers[0].rows[0].value), 190);
  ASSERT_EQ(second.answers[1].rows.size(), 1U);
  EXPECT_EQ(std::get<BigInteger>(second.answers[1].rows[0].value), 20);
}

TEST_F(RunTest, AttemptsAreRepeatedUpToTheLimit) {
  const RunResult result = run(R"toml(
[params]
i = { count = 6 }
[task]
shell = "test {attempt} -ge 3 && echo {i}"
[reduce]
total = "sum(value)"
[run]
retries = 2
)toml",
                               2);
  EXPECT_EQ(result.status, ExitStatus::success);
  EXPECT_EQ(result.retried, 12U);
  EXPECT_EQ(std::get<double>(result.answers[0].rows[0].value), 15);
}

TEST_F(RunTest, OnFailureStopEndsTheRunWithExitOne) {
  const RunResult result = run(R"toml(
[params]
i = { count = 1000 }
[task]
shell = "test {i} -lt 5"
[run]
on_failure = "stop"
)toml",
                               1, {1, 1});
  EXPECT_EQ(result.status, ExitStatus::failures);
  EXPECT_LT(result.executed, 1000U);
  EXPECT_GE(result.failed, 1U);
}

TEST_F(RunTest, AThousandChunksOfOneTaskGiveTheSameAnswer) {
  overrides_.run = {{"chunk", "1"}};
  EXPECT_EQ(integer_answer(run(squares, 3, {2, 1})), sum_of_squares);
}

TEST_F(RunTest, APipelineOfReadAndWordsRunsOnBothPools) {
  std::ofstream(folder_ / "a.txt") << "one two three\nfour\n";
  std::ofstream(folder_ / "b.txt") << "five six";
  const RunResult result = run(R"toml(
[params]
file = { glob = "*.txt" }
[task]
read = "{file}"
kernel = "words"
[reduce]
words = "sum(words)"
lines = "sum(lines)"
)toml",
                               2, {2, 2});
  EXPECT_EQ(result.status, ExitStatus::success);
  EXPECT_EQ(integer_answer(result, 0), 6);
  EXPECT_EQ(integer_answer(result, 1), 2);
}

TEST_F(RunTest, RowsOfAPartialRunNameTheirTasks) {
  RunOptions part;
  part.tasks = TaskRange{5, 8};
  run(squares, 1, {}, part);
  std::vector<std::uint64_t> tasks;
  RunFileReader(folder_ / "job.run").for_each_row(false, [&](const TaskRow& row) {
    tasks.push_back(row.task.value());
    EXPECT_EQ(row.values.at(0), Value(static_cast<std::int64_t>(row.task.value() * row.task.value())));
  });
  EXPECT_THAT(tasks, ::testing::ElementsAre(5, 6, 7));
}

}  // namespace
}  // namespace fanfold
