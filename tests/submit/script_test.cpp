// The scripts, each compared whole with a file beside this: what the batch system gets, and what a user
// reads.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

Submission submission() {
  Submission submission;
  submission.asked = "fanfold submit jobs/pi.toml";
  submission.job_name = "pi";
  submission.program = "/opt/fanfold/bin/fanfold";
  submission.folder = "/home/ada/pi";
  submission.run_file = "pi.run";
  submission.run_words = {"jobs/pi.toml"};
  return submission;
}

/// With all that can be asked for.
Submission demanding() {
  Submission all = submission();
  all.asked = "fanfold submit 'my job.toml' --nodes 4 --array 3 -- --mem=64G";
  all.job_name = "2nd job";
  all.folder = "/home/ada/my jobs";
  all.run_file = "out/my job.run";
  all.run_words = {"--retries=2", "--set", "x=[1, 2]", "my job.toml"};
  all.cluster.nodes = 4;
  all.cluster.ranks_per_node = 2;
  all.cluster.cpus_per_rank = 8;
  all.cluster.time = std::chrono::hours(12);
  all.cluster.queue = "long";
  all.cluster.account = "physics";
  all.cluster.array = 3;
  all.cluster.parallel_environment = "mpi";
  all.cluster.setup = {"module load openmpi", "ulimit -n 4096"};
  all.extra = {"--mem=64G", "two words"};
  return all;
}

std::string expected(const std::string& name) {
  std::ifstream file(std::string(FANFOLD_TEST_SCRIPTS) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ScriptTest : public ::testing::TestWithParam<const Scheduler*> {};

TEST(SlurmScript, BySrun) {
  Submission by_srun = submission();
  by_srun.by_srun = true;
  by_srun.cluster.nodes = 2;
  by_srun.cluster.ranks_per_node = 4;
  by_srun.cluster.time = std::chrono::minutes(1);
  EXPECT_EQ(slurm.script(by_srun), expected("slurm_srun.sh"));
}

TEST_P(ScriptTest, IsWhatItIs) {
  Submission plain = submission();
  plain.cluster.nodes = 2;
  plain.cluster.time = std::chrono::minutes(1);
  EXPECT_EQ(GetParam()->script(plain), expected(std::string(GetParam()->name) + ".sh"));
}

TEST_P(ScriptTest, AsksForAllThatCanBeAskedFor) {
  EXPECT_EQ(GetParam()->script(demanding()), expected(std::string(GetParam()->name) + "_array.sh"));
}

INSTANTIATE_TEST_SUITE_P(Schedulers, ScriptTest, ::testing::ValuesIn(schedulers()),
                         [](const auto& scheduler) { return std::string(scheduler.param->name); });

TEST(Script, ThreadsThatTheJobSetsAreLeftToIt) {
  Submission job = submission();
  job.cluster.cpus_per_rank = 4;
  job.sets_io_threads = false;
  EXPECT_NE(slurm.script(job).find("run -n 1 --run \"$run\" --compute-threads 4 jobs/pi.toml &"),
            std::string::npos);
  job.sets_compute_threads = false;
  EXPECT_NE(slurm.script(job).find("run -n 1 --run \"$run\" jobs/pi.toml &"), std::string::npos);
}

TEST(Script, GridEngineLeavesTheParallelEnvironmentToTheUser) {
  Submission job = submission();
  job.cluster.nodes = 2;
  EXPECT_NE(grid_engine.script(job).find("#$ -pe orte 2\n"), std::string::npos);
  job.extra = {"-pe", "fill", "2"};
  EXPECT_EQ(grid_engine.script(job).find("-pe orte"), std::string::npos);
  EXPECT_NE(grid_engine.script(job).find("#$ -pe fill 2\n"), std::string::npos);
}

TEST(Submission, WarnsATenthOfTheTimeBeforeItsEnd) {
  ClusterRequest request;
  EXPECT_EQ(notice_before_end(request).count(), 60);
  request.time = std::chrono::minutes(1);
  EXPECT_EQ(notice_before_end(request).count(), 10);
  request.time = std::chrono::minutes(20);
  EXPECT_EQ(notice_before_end(request).count(), 120);
  request.time = std::chrono::hours(48);
  EXPECT_EQ(notice_before_end(request).count(), 300);
}

TEST(Submission, NamesAreSuchAsEveryBatchSystemTakes) {
  EXPECT_EQ(batch_name("pi"), "pi");
  EXPECT_EQ(batch_name("2nd job"), "job_2nd_job");
  EXPECT_EQ(batch_name("größe"), "gr____e");
  EXPECT_EQ(part_run_file("a/pi.run", "3"), "a/pi.part3.run");
  EXPECT_EQ(part_run_file("pi", "3"), "pi.part3");
  EXPECT_EQ(clock_text(std::chrono::hours(100)), "100:00:00");
}

}  // namespace
}  // namespace fanfold
