// What the doctor finds, from what was seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/findings.hpp"

namespace fanfold {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Weight = Finding::Weight;

RankView rank(int number, const std::string& host = "a") {
  RankView view;
  view.rank = number;
  view.host = host;
  view.ranks_on_host = 1;
  view.allowed_cpus = view.online_cpus = 8;
  view.io_threads = view.compute_threads = 8;
  view.open_files = 1024;
  view.temporary_folder = "/tmp";
  view.temporary_bytes = 5'000'000'000;
  return view;
}

RunView run_view() {
  RunView run;
  run.run_file = "pi.run";
  run.predicted_bytes = 87'000;
  run.free_bytes = 2'000'000'000;
  run.mpi = "Open MPI v4.1.4";
  return run;
}

/// All that is not good.
std::vector<Finding> faults(const std::vector<RankView>& ranks, const RunView& run) {
  std::vector<Finding> findings = diagnose(ranks, run);
  std::erase_if(findings, [](const Finding& each) { return each.weight == Weight::good; });
  return findings;
}

TEST(Findings, AreGoodWhereNothingIsWrong) {
  RunView run = run_view();
  run.remaining_seconds = 100;
  run.walltime_seconds = 3600;
  EXPECT_THAT(faults({rank(0), rank(1, "b")}, run), IsEmpty());
  std::vector<std::string> texts;
  for (const Finding& finding : diagnose({rank(0), rank(1, "b")}, run)) texts.push_back(finding.text);
  EXPECT_THAT(
      texts,
      ElementsAre("binding: no rank is held on one core while others are free",
                  "threads: rank 0 has 8 I/O and 8 compute threads on 8 of 8 CPUs",
                  "oversubscription: no host has more ranks or compute threads than CPUs",
                  "OMP variables: none is set", "open files: 1024 are allowed",
                  "temporary files: 5.0 GB are free in /tmp of a", "MPI: Open MPI v4.1.4",
                  "transports: Open MPI chooses them", "run file: pi.run is on a local file system",
                  "files: 1 run file of about 87.0 kB, 2.0 GB are free there",
                  "time: about 100 s are left to run, as fast as so far, within the walltime of 60 min"));
}

TEST(Findings, RanksOnOneCoreAreNamedTogether) {
  RankView bound = rank(0);
  bound.allowed_cpus = bound.compute_threads = bound.io_threads = 1;
  bound.ranks_on_host = 2;
  RankView other = bound;
  other.rank = 1;
  RunView run = run_view();
  run.run_file.clear();
  EXPECT_THAT(
      faults({bound, other}, run),
      ElementsAre(Finding{Weight::problem,
                          "binding: ranks 0, 1 may run on 1 of 8 CPUs of a, where the ranks are fewer",
                          "start with `fanfold run -n R`, or with `mpirun --bind-to none` or `--map-by "
                          "slot:PE=CPUS`"}));
  bound.ranks_on_host = other.ranks_on_host = 8;
  EXPECT_THAT(faults({bound, other}, run), IsEmpty()) << "a core for each is as it should be";
}

TEST(Findings, ThreadsAndRanksBeyondTheCpus) {
  RunView run = run_view();
  run.run_file.clear();
  RankView crowded = rank(0);
  crowded.compute_threads = 16;
  EXPECT_THAT(
      faults({crowded}, run),
      ElementsAre(Finding{Weight::warning, "threads: rank 0 would compute with 16 threads on 8 CPUs of a",
                          "leave out compute_threads, or give the rank more CPUs"},
                  Finding{Weight::warning, "oversubscription: 16 compute threads on the 8 CPUs of a",
                          "set compute_threads to the CPUs of a host divided by its ranks"}));
  RankView many = rank(0);
  many.ranks_on_host = 9;
  EXPECT_EQ(faults({many}, run).front().text, "oversubscription: 9 ranks on the 8 CPUs of a");
}

TEST(Findings, ProgramsWithThreadsOfTheirOwn) {
  RunView run = run_view();
  run.run_file.clear();
  run.runs_programs = true;
  EXPECT_THAT(faults({rank(0)}, run),
              ElementsAre(Finding{
                  Weight::warning,
                  "OMP variables: none is set: programs that use OpenMP or a threaded BLAS may start 8 "
                  "threads each, 64 in all on the 8 CPUs of a",
                  "env = { OMP_NUM_THREADS = \"1\" } in [task], or fewer io_threads"}));
  RankView told = rank(0);
  told.thread_variables = {"OMP_NUM_THREADS=1"};
  EXPECT_THAT(faults({told}, run), IsEmpty());
  run.sets_threads_of_programs = true;
  EXPECT_THAT(faults({rank(0)}, run), IsEmpty());
}

TEST(Findings, LimitsAndSpace) {
  RunView run = run_view();
  run.run_file.clear();
  run.runs_programs = true;
  run.sets_threads_of_programs = true;
  RankView poor = rank(0);
  poor.io_threads = 200;
  poor.temporary_bytes = 1000;
  EXPECT_THAT(
      faults({poor}, run),
      ElementsAre(Finding{Weight::problem, "open files: rank 0 may open 1024, and would need about 1264",
                          "ulimit -n 1264, or fewer io_threads"},
                  Finding{Weight::problem, "temporary files: 1.0 kB are free in /tmp of a",
                          "free some, or set TMPDIR to another folder: MPI and {tmp} need it"}));
}

TEST(Findings, TheRunFileAndTheTime) {
  RunView run = run_view();
  run.on_network_file_system = true;
  run.free_bytes = 10;
  run.grows_with_output = true;
  run.remaining_seconds = 8000;
  run.walltime_seconds = 3600;
  std::vector<std::string> texts;
  for (const Finding& finding : faults({rank(0)}, run)) texts.push_back(finding.text);
  EXPECT_THAT(
      texts,
      ElementsAre("run file: pi.run is on a network file system: it is opened by one process alone, and "
                  "`status` says what its writer says",
                  "files: 1 run file of about 87.0 kB and what programs print, 10 bytes are free there",
                  "time: about 2.2 h are left to run, as fast as so far, and the walltime is 60 min"));
  EXPECT_THAT(
      problems({rank(0)}, run),
      ElementsAre(Finding{Weight::problem, texts[1], "--run FILE on a larger disk, or keep = \"none\""}));
}

TEST(Findings, MpiAndItsTransports) {
  RunView run = run_view();
  run.run_file.clear();
  run.transports = "OMPI_MCA_btl=self,vader";
  EXPECT_THAT(faults({rank(0)}, run), IsEmpty());
  EXPECT_EQ(faults({rank(0), rank(1, "b")}, run).front().text,
            "transports: OMPI_MCA_btl=self,vader: none of them leaves the host");
  run.mpi.clear();
  run.mpi_obstacle = "cannot load MPI: no such file";
  EXPECT_EQ(faults({rank(0)}, run).front().text, "MPI: cannot load MPI: no such file");
}

TEST(RankViewTest, IsTheSameAfterAJourney) {
  RankView view = look_around();
  view.rank = 3;
  view.thread_variables = {"OMP_NUM_THREADS=4"};
  ByteWriter out;
  encode(out, view);
  const Bytes bytes = out.take();
  ByteReader in(bytes);
  EXPECT_EQ(decode_rank_view(in), view);
}

}  // namespace
}  // namespace fanfold
