// What batch systems print, and which of them is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder of commands that do nothing, to look for on a PATH.
class Commands {
 public:
  explicit Commands(const std::vector<std::string>& names) {
    std::string name = (fs::temp_directory_path() / "fanfold-path-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    for (const std::string& command : names) {
      std::ofstream(folder_ / command) << "#!/bin/sh\n";
      fs::permissions(folder_ / command, fs::perms::owner_all);
    }
  }
  ~Commands() { fs::remove_all(folder_); }
  std::string path() const { return "/nowhere::" + folder_.string(); }

 private:
  fs::path folder_;
};

std::string name_found(const std::vector<std::string>& commands) {
  return std::string(find_scheduler(Commands(commands).path()).name);
}
std::string error_with(const std::vector<std::string>& commands) {
  try {
    find_scheduler(Commands(commands).path());
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Schedulers, AreFoundByTheirCommands) {
  EXPECT_EQ(name_found({"sbatch"}), "slurm");
  EXPECT_EQ(name_found({"qsub", "qconf"}), "sge");
  EXPECT_EQ(name_found({"qsub", "pbsnodes"}), "pbs");
  EXPECT_EQ(name_found({"bsub"}), "lsf");
  EXPECT_EQ(
      error_with({"ls"}),
      "no batch system found: none of sbatch (Slurm), qsub (Grid Engine, PBS) and bsub (LSF) is on PATH; "
      "where there is one, say which with --scheduler slurm, sge, pbs or lsf");
  EXPECT_EQ(error_with({"sbatch", "qsub", "qconf"}),
            "several batch systems are on PATH: slurm (sbatch), sge (qsub); choose one with --scheduler");
}

TEST(Schedulers, IdsAreFoundInWhatIsPrinted) {
  EXPECT_EQ(slurm.job_id("12\n"), "12");
  EXPECT_EQ(slurm.job_id("sbatch: lua filter\n12;east\n"), "12");
  EXPECT_EQ(slurm.job_id("nothing"), std::nullopt);
  EXPECT_EQ(grid_engine.job_id("12\n"), "12");
  EXPECT_EQ(grid_engine.job_id("12.1-4:1\n"), "12");
  EXPECT_EQ(grid_engine.job_id(""), std::nullopt);
  EXPECT_EQ(pbs.job_id("123.server\n"), "123.server");
  EXPECT_EQ(pbs.job_id("qsub: no such queue\n"), std::nullopt);
  EXPECT_EQ(lsf.job_id("Job <123> is submitted to queue <normal>.\n"), "123");
  EXPECT_EQ(lsf.job_id("Job not submitted."), std::nullopt);
}

TEST(Schedulers, StatesAreTheirOwnWordsKnownOrNot) {
  EXPECT_THAT(slurm.states("12|PENDING|Resources|\n12_3|RUNNING|None|n[1-2]\n13|LEVITATING|None|\n\n", {}),
              ElementsAre(JobState{"12", "PENDING", "Resources"}, JobState{"12_3", "RUNNING", "n[1-2]"},
                          JobState{"13", "LEVITATING", ""}));
  EXPECT_THAT(
      pbs.states("Job Id: 123.server\n    Job_Name = pi\n    job_state = H\n    comment = held by ada\n"
                 "\nJob Id: 124.server\n    job_state = ?\n",
                 {}),
      ElementsAre(JobState{"123.server", "H", "held by ada"}, JobState{"124.server", "?", ""}));
  EXPECT_THAT(lsf.states("123|0|RUN|-\n124|2|PEND|New job is waiting for scheduling\n", {}),
              ElementsAre(JobState{"123", "RUN", ""},
                          JobState{"124[2]", "PEND", "New job is waiting for scheduling"}));
  EXPECT_TRUE(is_active({"12", "PENDING", ""}));
  EXPECT_TRUE(is_active({"12", "qw", ""}));
  EXPECT_FALSE(is_active({"12", "COMPLETED", ""}));
  EXPECT_FALSE(is_active({"12", "LEVITATING", ""}));
}

TEST(Schedulers, GridEngineIsAskedForAllJobsAndAnswersOfOurs) {
  constexpr std::string_view printed = R"(<?xml version='1.0'?>
<job_info  xmlns:xsd="http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qstat/qstat.xsd">
  <queue_info>
    <job_list state="running">
      <JB_job_number>7</JB_job_number>
      <JB_name>pi</JB_name>
      <state>r</state>
      <queue_name>all.q@node1</queue_name>
      <slots>2</slots>
      <tasks>3</tasks>
    </job_list>
  </queue_info>
  <job_info>
    <job_list state="pending">
      <JB_job_number>8</JB_job_number>
      <state>qw</state>
      <queue_name></queue_name>
    </job_list>
    <job_list state="pending">
      <JB_job_number>9</JB_job_number>
      <state>Eqw</state>
      <queue_name></queue_name>
    </job_list>
  </job_info>
</job_info>
)";
  EXPECT_THAT(grid_engine.states(printed, {"7", "9"}),
              ElementsAre(JobState{"7.3", "r", "all.q@node1"}, JobState{"9", "Eqw", ""}));
}

TEST(Schedulers, WordsOfTheCommandsThatAskAndCancel) {
  EXPECT_THAT(slurm.query({"12", "13"}).words,
              ElementsAre("squeue", "--noheader", "--states=all", "--format=%i|%T|%r|%N", "--jobs", "12,13"));
  EXPECT_THAT(slurm.cancel({"12"}).words, ElementsAre("scancel", "12"));
  EXPECT_THAT(grid_engine.cancel({"12"}).words, ElementsAre("qdel", "12"));
  EXPECT_THAT(pbs.query({"1.s", "2.s"}).words, ElementsAre("qstat", "-x", "-f", "1.s", "2.s"));
  EXPECT_THAT(lsf.cancel({"12"}).words, ElementsAre("bkill", "12"));
  EXPECT_THROW(scheduler_named("cron"), UsageError);
}

TEST(Schedulers, PartsOfAnArrayAreJobsOfTheirOwnInPbs) {
  Submission submission;
  submission.cluster.array = 2;
  const std::vector<BatchCommand> commands = pbs.submit(submission, "pi.run.sh", "text");
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_THAT(commands[1].words, ElementsAre("qsub", "-v", "FANFOLD_PART=2", "pi.run.sh"));
  EXPECT_EQ(lsf.submit(submission, "pi.run.sh", "text").front().input, "text");
  EXPECT_THAT(slurm.submit(submission, "pi.run.sh", "").front().words,
              ElementsAre("sbatch", "--parsable", "pi.run.sh"));
}

}  // namespace
}  // namespace fanfold
