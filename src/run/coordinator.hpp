// The scheduling role, on rank zero: hands out chunks, counts what comes back, has it recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "job/job.hpp"
#include "journal/journal.hpp"
#include "reduce/reduction.hpp"
#include "run/clock.hpp"
#include "run/failure_log.hpp"
#include "run/snapshot.hpp"
#include "run/transport.hpp"
#include "schedule/messages.hpp"
#include "schedule/schedule.hpp"

namespace fanfold {

struct CoordinatorOptions {
  std::uint64_t tasks = 0;            ///< that this execution was asked for, those that are finished included
  std::uint64_t finished_before = 0;  ///< of those, in earlier executions
  std::uint64_t failed_before = 0;
  bool rank_zero_works = true;     ///< false: rank zero has no worker
  double lost_after_seconds = 60;  ///< a rank that is silent for longer is lost
};

/// Joins a Schedule, a Journal and the reductions over a transport. Only the main thread calls it.
class Coordinator {
 public:
  /// Everything must outlive the coordinator. `total` has the reductions of earlier executions.
  Coordinator(const Job& job, Transport& transport, Schedule schedule, Journal& journal,
              reduce::Partial total, CoordinatorOptions options);

  /// Sends the job to the other ranks.
  void send_job(const JobSource& source);

  /// A message for the coordinator. Throws UsageError if a rank cannot run the job.
  void on_message(Rank from, Message message);

  /// Sends what the schedule decided, hands finished work to the journal, looks for silent ranks. Returns
  /// true if something was sent.
  bool step();

  /// Starts no more tasks; what runs may end.
  void drain(const std::string& why);

  /// All tasks that can end have ended, and the journal has been given everything.
  bool ended() const;

  /// Tells the workers to stop; `abandon`: without waiting for running tasks. Hands the rest to the journal.
  void stop(bool abandon);
  /// Every worker has left, or is lost.
  bool all_left() const;
  std::size_t lost_ranks() const { return lost_; }

  Snapshot snapshot();
  const Schedule& schedule() const { return schedule_; }
  const FailureLog& failures() const { return failures_; }
  /// The reductions of all finished tasks.
  const reduce::Partial& total();
  /// How many of the tasks that ended in this execution do not meet `where`.
  std::uint64_t left_out() const { return left_out_; }
  /// The host of a rank.
  std::string host(Rank rank) const;

 private:
  struct Member {
    std::string host;
    std::uint32_t slots = 0;
    double joined_at = 0;
    double heard_at = 0;
    double busy = 0;  // seconds of slots, reported since `load_since`
    double load = 0;
    bool joined = false;
    bool left = false;
    bool lost = false;
    bool works = true;
  };

  void on_hello(Rank from, const HelloMsg& hello);
  void on_done(Rank from, DoneMsg done);
  void count(Rank from, Report report);
  void on_returned(Rank from, const ReturnMsg& returned);
  bool send_decisions();
  void find_silent_ranks();
  void send_heartbeats();
  void hand_over(bool all);
  void note(Event::Kind kind, Rank rank, ChunkId chunk, TaskIndex task, std::uint64_t count,
            std::string detail = {});

  const Job& job_;
  Transport& transport_;
  Schedule schedule_;
  Journal& journal_;
  reduce::Partial total_;
  reduce::Partial delta_;  // of what was not handed to the journal yet
  CoordinatorOptions options_;
  RunClock clock_;
  std::vector<Member> members_;  // by rank
  FailureLog failures_;
  JournalEntry entry_;  // what was not handed to the journal yet
  double handed_over_at_ = 0;
  double told_time_at_ = 0;
  double looked_for_silence_at_ = 0;
  double heartbeat_at_ = 0;
  double load_since_ = 0;
  std::uint64_t rate_finished_ = 0;
  double rate_ = 0;
  std::size_t lost_ = 0;
  std::uint64_t left_out_ = 0;
  std::vector<std::pair<Rank, WantMsg>> held_wants_;  // while the journal is behind
};

}  // namespace fanfold
