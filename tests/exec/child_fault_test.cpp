// Children that do what they should not. After each of them no file is open, no zombie is there and no
// temporary folder is left that was not there before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "exec/child_process.hpp"
#include "exec_job.hpp"

namespace fanfold {
namespace {

using std::chrono::steady_clock;
using test::open_files;
using test::run_all;
using test::seconds_since;

class ChildFault : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TMPDIR", scratch_.path().c_str(), 1);
    files_ = open_files();
  }
  void TearDown() override {
    EXPECT_EQ(open_files(), files_);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";
    EXPECT_EQ(errno, ECHILD);
    EXPECT_TRUE(std::filesystem::is_empty(scratch_.path())) << "a temporary file is left";
    unsetenv("TMPDIR");
  }

  /// The outcomes of one task for each script, two at a time, each with a temporary folder.
  static std::vector<Outcome> run(const std::vector<std::string>& scripts, const std::string& keys = "") {
    std::string list;
    for (const std::string& script : scripts) list += "'''" + script + "''',";
    const auto job =
        test::job_of("params.script = [" + list + "]\ntask.shell = ': >{tmp}/x; {script:raw}'\n" + keys);
    ExecutorOptions options;
    options.io_threads = 2;
    test::Reported reported = run_all(*job, options);
    std::vector<Outcome> outcomes;
    for (std::uint64_t task = 0; task < job->size(); ++task) outcomes.push_back(reported.outcome(task));
    return outcomes;
  }

 private:
  test::Folder scratch_;
  std::ptrdiff_t files_ = 0;
};

TEST_F(ChildFault, IgnoresTheRequestToEnd) {
  const auto start = steady_clock::now();
  const auto outcomes =
      run({"trap \"\" TERM; while :; do sleep 0.05; done", "trap \"\" TERM INT HUP; sleep 30"},
          "run.timeout = '0.2s'\nrun.grace = '0.2s'");
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status, Status::timed_out);
    EXPECT_EQ(outcome.signal, SIGKILL);
    EXPECT_EQ(outcome.error, "timed out after 0.2 s");
  }
  EXPECT_LT(seconds_since(start), 10);
}

TEST_F(ChildFault, ForksAndLeaves) {
  const auto start = steady_clock::now();
  const auto outcomes = run({"(sleep 30; echo late) & echo $!", "(sleep 30 >&- 2>&-) & echo $!"});
  EXPECT_LT(seconds_since(start), 10) << "nobody waits for what it left";
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.status, Status::succeeded);
    kill(std::stoi(outcome.output), SIGKILL);
  }
}

TEST_F(ChildFault, ForksAndLeavesAndIsLate) {
  const auto outcomes =
      run({"(trap \"\" TERM; sleep 30) & sleep 30"}, "run.timeout = '0.1s'\nrun.grace = '0.1s'");
  EXPECT_EQ(outcomes.front().status, Status::timed_out);
}

TEST_F(ChildFault, ClosesItsOutputEarly) {
  const auto outcomes =
      run({"exec >&-; sleep 0.1; exit 3", "exec >&- 2>&-; sleep 0.1", "echo a; exec >&-; echo b >&2"});
  EXPECT_EQ(outcomes[0].exit_code, 3);
  EXPECT_EQ(outcomes[1].status, Status::succeeded);
  EXPECT_EQ(outcomes[2].output, "a\n");
  EXPECT_EQ(outcomes[2].errors, "b\n");
}

TEST_F(ChildFault, WritesAGigabyte) {
  const auto outcomes =
      run({"head -c 1073741824 /dev/zero", "head -c 1073741824 /dev/zero >&2; echo end >&2"});
  EXPECT_EQ(outcomes[0].output.size(), (1U << 20) + std::string("\n[1072693248 bytes left out]\n").size());
  EXPECT_EQ(outcomes[0].output.substr(1 << 19, 29), "\n[1072693248 bytes left out]\n");
  EXPECT_EQ(outcomes[1].errors.substr(outcomes[1].errors.size() - 4), "end\n");
  EXPECT_EQ(outcomes[1].status, Status::succeeded);
}

TEST_F(ChildFault, WritesAllBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const auto outcomes =
      run({"i=0; while [ $i -lt 256 ]; do printf \"\\\\$(printf %03o $i)\"; i=$((i + 1)); done"});
  EXPECT_EQ(outcomes.front().output, all);
}

TEST_F(ChildFault, EndsByEverySignal) {
  std::vector<std::string> scripts;
  std::vector<int> signals;
  for (int signal = 1; signal < 32; ++signal) {
    const bool ends = signal != SIGCHLD && signal != SIGCONT && signal != SIGSTOP && signal != SIGTSTP &&
                      signal != SIGTTIN && signal != SIGTTOU && signal != SIGURG && signal != SIGWINCH;
    if (!ends) continue;
    signals.push_back(signal);
    scripts.push_back("ulimit -c 0; kill -" + std::to_string(signal) + " $$; sleep 30");
  }
  const auto outcomes = run(scripts);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    EXPECT_EQ(outcomes[i].signal, signals[i]);
    EXPECT_EQ(outcomes[i].exit_code, -1);
    EXPECT_EQ(outcomes[i].error,
              "killed by signal " + std::to_string(signals[i]) + " (" + name_of_signal(signals[i]) + ")");
  }
}

TEST_F(ChildFault, StopsItself) {
  const auto outcomes = run({"kill -STOP $$; sleep 30"}, "run.timeout = '0.2s'\nrun.grace = '0.2s'");
  EXPECT_EQ(outcomes.front().status, Status::timed_out);
}

TEST_F(ChildFault, LeavesAFolderThatCannotBeListed) {
  const auto outcomes = run({"mkdir $FANFOLD_TMP/d; : >$FANFOLD_TMP/d/f; chmod 500 $FANFOLD_TMP/d; exit 3"});
  EXPECT_EQ(outcomes.front().exit_code, 3);
}

TEST_F(ChildFault, IsAbandonedInTheMiddle) {
  const auto job =
      test::job_of("params.i = { count = 9 }\ntask.shell = 'echo {tmp}; trap \"\" TERM; sleep 30'");
  test::Bench bench(*job);
  bench.submit({{0, 9}});
  while (bench.executor.take_started().empty()) bench.take();
  bench.executor.abandon();
}

}  // namespace
}  // namespace fanfold
