// The launcher's decisions, with a fake clock and nothing to launch.
#include "mpi/launch_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace fanfold {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Decisions as words, so that a story can be compared whole.
std::string word_of(const LaunchPlan::Decision& decision) {
  struct Words {
    std::string operator()(const LaunchPlan::Start& start) const {
      return "start " + std::to_string(start.attempt) +
             (start.rank_zero_works ? "" : " without tasks on rank zero");
    }
    std::string operator()(const LaunchPlan::SignalRankZero& send) const {
      return "signal " + std::to_string(send.signal);
    }
    std::string operator()(const LaunchPlan::EndMpirun& end) const { return end.at_once ? "kill" : "end"; }
    std::string operator()(const LaunchPlan::KillLeftovers& kill) const {
      return kill.tasks ? "clear all" : "clear ranks";
    }
    std::string operator()(const LaunchPlan::Warn& warn) const { return "say " + warn.message; }
    std::string operator()(const LaunchPlan::Exit& exit) const {
      return "exit " + std::to_string(exit.status);
    }
  };
  return std::visit(Words(), decision);
}

class LaunchPlanTest : public ::testing::Test {
 protected:
  LaunchPlanTest() : plan_(LaunchLimits(), 0) { EXPECT_THAT(decisions(), ElementsAre("start 0")); }

  std::vector<std::string> decisions() {
    std::vector<std::string> words;
    for (const LaunchPlan::Decision& decision : plan_.take_decisions()) words.push_back(word_of(decision));
    return words;
  }

  void ready() {
    plan_.on_ready(now_);
    EXPECT_TRUE(decisions().empty());
  }
  /// Lets the time come for which the plan waits.
  void wait() {
    ASSERT_TRUE(plan_.deadline().has_value());
    now_ = *plan_.deadline();
    plan_.on_time_passed(now_);
  }
  /// From the death of rank zero to the next start.
  void restart(const std::string& start) {
    plan_.on_rank_zero_gone(now_);
    EXPECT_THAT(decisions(), ElementsAre("say rank zero has died", "end"));
    plan_.on_mpirun_ended("exit status 0", true, now_);
    EXPECT_THAT(decisions(), ElementsAre("clear all", HasSubstr("say going on from the run file")));
    wait();
    EXPECT_THAT(decisions(), ElementsAre(start));
  }

  LaunchPlan plan_;
  double now_ = 0;
};

TEST_F(LaunchPlanTest, TheExitStatusIsRankZeros) {
  ready();
  plan_.on_goodbye({1}, 10);
  plan_.on_rank_zero_gone(10);
  EXPECT_TRUE(decisions().empty());
  plan_.on_mpirun_ended("exit status 0", true, 10.1);
  EXPECT_THAT(decisions(), ElementsAre("clear ranks", "exit 1"));
}

TEST_F(LaunchPlanTest, AnMpirunThatDoesNotEndIsEnded) {
  ready();
  plan_.on_goodbye({0}, now_ = 10);
  plan_.on_rank_zero_gone(now_);
  EXPECT_DOUBLE_EQ(plan_.deadline().value(), 12);
  plan_.on_time_passed(11.9);
  EXPECT_TRUE(decisions().empty());
  wait();
  EXPECT_THAT(decisions(), ElementsAre("end"));
  wait();
  EXPECT_THAT(decisions(), ElementsAre("kill"));
  wait();
  EXPECT_TRUE(decisions().empty()) << "there is nothing stronger";
  plan_.on_mpirun_ended("SIGKILL", false, now_);
  EXPECT_THAT(decisions(), ElementsAre("clear ranks", "exit 0"));
}

TEST_F(LaunchPlanTest, AfterLossesMpirunIsNotWaitedFor) {
  ready();
  plan_.on_goodbye({0, false, true}, 10);
  EXPECT_TRUE(decisions().empty()) << "rank zero may still have something to say";
  plan_.on_rank_zero_gone(10);
  EXPECT_THAT(decisions(), ElementsAre("end"));
  plan_.on_mpirun_ended("exit status 1", true, 11);
  EXPECT_THAT(decisions(), ElementsAre("clear ranks", "exit 0"));
}

TEST_F(LaunchPlanTest, TheDeathOfRankZeroStartsTheRunAgainWithLongerAndLongerPauses) {
  ready();
  restart("start 1");
  EXPECT_DOUBLE_EQ(now_, 1);
  ready();
  restart("start 2 without tasks on rank zero");
  EXPECT_DOUBLE_EQ(now_, 3);
  ready();
  restart("start 3 without tasks on rank zero");
  EXPECT_DOUBLE_EQ(now_, 7);
  ready();
  plan_.on_rank_zero_gone(now_);
  plan_.on_mpirun_ended("exit status 0", true, now_);
  EXPECT_THAT(decisions(),
              ElementsAre("say rank zero has died", "end", "clear all",
                          "say the run was started 4 times; the same command goes on", "exit 75"));
}

TEST_F(LaunchPlanTest, WithoutRestartsTheDeathOfRankZeroIsTheEnd) {
  LaunchLimits limits;
  limits.restarts = 0;
  plan_ = LaunchPlan(limits, 0);
  EXPECT_THAT(decisions(), ElementsAre("start 0"));
  ready();
  plan_.on_rank_zero_gone(now_);
  plan_.on_mpirun_ended("exit status 0", true, now_);
  EXPECT_THAT(decisions(), ElementsAre("say rank zero has died", "end", "clear all",
                                       "say the run was started once; the same command goes on", "exit 75"));
}

TEST_F(LaunchPlanTest, TheDeathOfMpirunStartsTheRunAgain) {
  ready();
  plan_.on_mpirun_ended("SIGKILL", false, 5);
  EXPECT_THAT(decisions(), ElementsAre("say mpirun has ended (SIGKILL)", "clear all",
                                       "say going on from the run file in 1 s (restart 1 of 3)"));
}

TEST_F(LaunchPlanTest, RanksThatDoNotFindTogetherAreStartedAgain) {
  wait();
  EXPECT_DOUBLE_EQ(now_, 20);
  EXPECT_THAT(decisions(), ElementsAre("say the ranks have not found together within 20 s", "end"));
  plan_.on_mpirun_ended("exit status 1", true, now_);
  EXPECT_THAT(decisions(), ElementsAre("clear all", HasSubstr("going on from the run file")));
}

TEST_F(LaunchPlanTest, AnMpirunThatCannotStartIsNotTriedAgain) {
  plan_.on_mpirun_ended("exit status 213", true, 1);
  EXPECT_THAT(decisions(), ElementsAre("say mpirun could not start the ranks (exit status 213)", "exit 75"));
}

TEST_F(LaunchPlanTest, SignalsAreForRankZero) {
  ready();
  plan_.on_signal(SIGINT, 1);
  plan_.on_signal(SIGTERM, 2);
  EXPECT_THAT(decisions(), ElementsAre("signal 2", "signal 15"));
}

TEST_F(LaunchPlanTest, ASignalBeforeTheRanksAreReadyIsPassedOnLater) {
  plan_.on_signal(SIGUSR1, 0.1);
  EXPECT_TRUE(decisions().empty());
  plan_.on_ready(0.2);
  EXPECT_THAT(decisions(), ElementsAre("signal 10"));
}

TEST_F(LaunchPlanTest, ASignalBeforeTheRanksAreReadyEndsThemIfTheyTakeLong) {
  plan_.on_signal(SIGTERM, 0.5);
  wait();
  EXPECT_DOUBLE_EQ(now_, 2.5);
  EXPECT_THAT(
      decisions(),
      ElementsAre("say stopped by a signal while the ranks started; the same command goes on", "end"));
  plan_.on_mpirun_ended("exit status 1", true, 5);
  EXPECT_THAT(decisions(), ElementsAre("clear all", "exit 75"));
}

TEST_F(LaunchPlanTest, ASecondSignalBeforeTheRanksAreReadyEndsThem) {
  plan_.on_signal(SIGINT, 0.1);
  plan_.on_signal(SIGINT, 0.2);
  EXPECT_THAT(decisions(), ElementsAre("end"));
  plan_.on_mpirun_ended("exit status 1", true, 1);
  EXPECT_THAT(decisions(), ElementsAre("clear all", "exit 75"));
}

TEST_F(LaunchPlanTest, AfterASignalRankZeroIsNotStartedAgain) {
  ready();
  plan_.on_signal(SIGTERM, 1);
  plan_.on_rank_zero_gone(1.5);
  plan_.on_mpirun_ended("SIGTERM", false, 2);
  EXPECT_THAT(decisions(), ElementsAre("signal 15", "say rank zero has died", "end", "clear all", "exit 75"));
}

TEST_F(LaunchPlanTest, ASignalInThePauseEndsIt) {
  ready();
  plan_.on_mpirun_ended("SIGKILL", false, 5);
  decisions();
  plan_.on_signal(SIGINT, 5.5);
  EXPECT_THAT(decisions(), ElementsAre("say stopped by a signal; the same command goes on", "exit 75"));
}

TEST_F(LaunchPlanTest, ARunOfWhichOnlyRankZeroIsLeftStartsAgain) {
  ready();
  plan_.on_goodbye({75, true, false}, 5);
  plan_.on_rank_zero_gone(5);
  plan_.on_mpirun_ended("exit status 0", true, 5);
  EXPECT_THAT(decisions(), ElementsAre("clear all", "say only rank zero is left",
                                       HasSubstr("going on from the run file")));
}

TEST_F(LaunchPlanTest, LateNewsChangeNothing) {
  ready();
  plan_.on_goodbye({0}, 1);
  plan_.on_mpirun_ended("exit status 0", true, 1);
  EXPECT_THAT(decisions(), ElementsAre("clear ranks", "exit 0"));
  plan_.on_rank_zero_gone(1);
  plan_.on_goodbye({1}, 1);
  plan_.on_ready(1);
  plan_.on_time_passed(100);
  plan_.on_mpirun_ended("SIGKILL", false, 100);
  EXPECT_TRUE(decisions().empty());
}

}  // namespace
}  // namespace fanfold
