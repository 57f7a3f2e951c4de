// Who may write a run file: one process at a time.
#include "journal/live_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "core/error.hpp"
#include "core/host.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Live : public ::testing::Test {
 protected:
  void write_live(const std::string& host, std::int64_t pid, std::int64_t heartbeat,
                  std::uint64_t start = 0) {
    std::ofstream(live_path(run_)) << "{\"host\": \"" << host << "\", \"pid\": " << pid
                                   << ", \"process_start\": " << start << ", \"heartbeat\": " << heartbeat
                                   << "}";
  }
  RunFolder folder_;
  std::filesystem::path run_ = folder_ / "pi.run";
};

// A child that waits to be killed.
pid_t waiting_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  return child;
}

TEST_F(Live, says_who_writes_and_how_far_it_is) {
  LiveStatus status;
  status.tasks = 1'000'000'000'000;
  status.finished = 7;
  status.failed = 2;
  status.running = 3;
  status.ranks = 4;
  LiveFile live(run_, status);
  status.finished = 8;
  status.seconds = 1.5;
  status.heartbeat = 1'000;
  status.rate = 2.5;
  status.remaining = 0.125;
  status.draining = true;
  status.loads = {{0, "nodea", 2, 3, 0.5, false}, {1, "nodeb", 4, 0, 1, true}};
  live.update(status);

  const std::optional<LiveStatus> read = read_live(run_);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->host, host_name());
  EXPECT_EQ(read->pid, ::getpid());
  EXPECT_GT(read->process_start, 0u);
  EXPECT_EQ(read->heartbeat, 1'000);
  EXPECT_EQ(read->tasks, 1'000'000'000'000u);
  EXPECT_EQ(read->finished, 8u);
  EXPECT_EQ(read->failed, 2u);
  EXPECT_EQ(read->running, 3u);
  EXPECT_EQ(read->ranks, 4u);
  EXPECT_EQ(read->seconds, 1.5);
  EXPECT_EQ(read->rate, 2.5);
  EXPECT_EQ(read->remaining, 0.125);
  EXPECT_TRUE(read->draining);
  EXPECT_EQ(read->loads, status.loads);
}

TEST_F(Live, does_not_grow_with_the_ranks) {
  LiveStatus status;
  status.loads.resize(most_live_ranks + 1);
  const LiveFile live(run_, status);
  EXPECT_EQ(read_live(run_)->loads.size(), most_live_ranks);
}

TEST_F(Live, goes_with_its_holder_and_leaves_nothing) {
  { const LiveFile live(run_, {}); }
  EXPECT_FALSE(read_live(run_).has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Live, refuses_a_second_writer) {
  const LiveFile first(run_, {});
  try {
    const LiveFile second(run_, {});
    FAIL() << "two hold it";
  } catch (const UsageError& error) {
    EXPECT_THAT(
        error.what(),
        ::testing::MatchesRegex("run file '.*pi.run' is being written by pid [0-9]+ on host .+ "
                                "\\(since ....-..-.. ..:..:..\\); wait for it, or choose another with --run "
                                "FILE"));
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr("by pid " + std::to_string(::getpid()) + " on host " + host_name()));
  }
  EXPECT_TRUE(read_live(run_).has_value());
}

TEST_F(Live, is_taken_over_from_a_process_that_was_killed) {
  const pid_t child = waiting_child();
  write_live(host_name(), child, now());
  EXPECT_FALSE(is_stale(*read_live(run_), now()));
  EXPECT_THROW(LiveFile(run_, {}), UsageError);
  ::kill(child, SIGKILL);
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(is_stale(*read_live(run_), now())) << "a zombie does not run";
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(is_stale(*read_live(run_), now()));
  const LiveFile live(run_, {});
  EXPECT_EQ(read_live(run_)->pid, ::getpid());
}

TEST_F(Live, is_taken_over_when_its_pid_belongs_to_a_later_process) {
  write_live(host_name(), ::getpid(), now(), 12345);
  EXPECT_TRUE(is_stale(*read_live(run_), now()));
}

TEST_F(Live, of_another_host_is_stale_after_30_seconds_without_a_heartbeat) {
  write_live("another-host", ::getpid(), 1'000);
  EXPECT_FALSE(is_stale(*read_live(run_), 1'030));
  EXPECT_TRUE(is_stale(*read_live(run_), 1'031));
  write_live("another-host", ::getpid(), now());
  EXPECT_THROW(LiveFile(run_, {}), UsageError);
  write_live("another-host", ::getpid(), now() - 31);
  EXPECT_NO_THROW(LiveFile(run_, {}));
}

TEST_F(Live, one_that_cannot_be_read_is_replaced) {
  std::ofstream(live_path(run_)) << "{\"host\": 3";
  EXPECT_FALSE(read_live(run_).has_value());
  const LiveFile live(run_, {});
  EXPECT_TRUE(read_live(run_).has_value());
}

TEST_F(Live, notices_that_another_process_took_it_over) {
  {
    LiveFile live(run_, {});
    write_live("another-host", 17, now());
    try {
      live.update({});
      FAIL() << "two write";
    } catch (const RunError& error) {
      EXPECT_EQ(std::string(error.what()),
                "run file '" + run_.string() + "' was taken over by pid 17 on host another-host");
    }
  }
  EXPECT_EQ(read_live(run_)->pid, 17) << "what belongs to another was removed";
}

TEST_F(Live, a_folder_that_does_not_exist_is_an_error) {
  EXPECT_THROW(LiveFile(folder_ / "none/pi.run", {}), RunError);
}

// Of processes that start at once, exactly one gets the right. `prepare` makes what they find.
template <typename Prepare>
void race(const std::filesystem::path& run, const Prepare& prepare) {
  constexpr int processes = 8, rounds = 25;
  for (int round = 0; round < rounds; ++round) {
    prepare();
    int start[2], decided[2];
    ASSERT_EQ(::pipe(start), 0);
    ASSERT_EQ(::pipe(decided), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      ::close(start[1]);
      ::close(decided[0]);
      char byte = 0;
      if (::read(start[0], &byte, 1) != 0) ::_exit(3);  // the parent closes its end: all start at once
      try {
        const LiveFile live(run, {});
        byte = 'y';
        if (::write(decided[1], &byte, 1) != 1) ::_exit(3);
        ::pause();
      } catch (const UsageError&) {
        byte = 'n';
        if (::write(decided[1], &byte, 1) != 1) ::_exit(3);
        ::_exit(0);
      } catch (const std::exception&) {
      }
      ::_exit(3);
    }
    ::close(start[0]);
    ::close(start[1]);
    ::close(decided[1]);
    int winners = 0, losers = 0;
    for (char byte = 0; winners + losers < processes && ::read(decided[0], &byte, 1) == 1;) {
      (byte == 'y' ? winners : losers) += 1;
    }
    ::close(decided[0]);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) ::waitpid(child, nullptr, 0);
    ASSERT_EQ(winners, 1) << "in round " << round;
    ASSERT_EQ(losers, processes - 1) << "in round " << round;
  }
}

TEST_F(Live, one_of_many_that_start_at_once_gets_a_fresh_one) {
  race(run_, [this] { std::filesystem::remove(live_path(run_)); });
}

TEST_F(Live, one_of_many_that_start_at_once_takes_over_a_stale_one) {
  race(run_, [this] { write_live("another-host", 17, now() - 100); });
}

}  // namespace
}  // namespace fanfold
