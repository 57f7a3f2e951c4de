// The scheduling role, on rank zero: hands out chunks, counts what comes back, has it recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "job/job.hpp"
#include "journal/journal.hpp"
#include "reduce/reduction.hpp"
#include "run/clock.hpp"
#include "run/deadlines.hpp"
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
  bool rank_zero_works = true;                   ///< false: rank zero has no worker
  double lost_after_seconds = 60;                ///< a rank that is silent for longer is lost
  double join_seconds = 60;                      ///< the same for one that has not joined
  std::function<void(const Report&)> on_report;  ///< called for each report that counts, if it is set
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
  /// Those that were lost, in order; of those that came back, too.
  const std::vector<LostRank>& lost_ranks() const { return lost_; }
  /// How many ranks are lost now.
  std::size_t missing_ranks() const;
  /// Looks for ranks that were lost; part of `step`.
  void find_lost_ranks();

  Snapshot snapshot();
  const Schedule& schedule() const { return schedule_; }
  /// About how long a task takes from its start to its end, on the safe side: most take less. None: none has
  /// ended yet.
  std::optional<double> task_seconds() const;
  const FailureLog& failures() const { return failures_; }
  /// The reductions of all finished tasks.
  const reduce::Partial& total();
  /// How many of the tasks that ended in this execution do not meet `where`.
  std::uint64_t left_out() const { return left_out_; }
  /// How many of them were skipped, for the files that they make were there.
  std::uint64_t skipped() const { return skipped_; }
  /// The host of a rank.
  std::string host(Rank rank) const;

 private:
  struct Member {
    std::string host;
    std::uint32_t slots = 0;
    std::uint32_t first_slots = 0;
    double joined_at = 0;
    double heard_at = 0;
    double busy = 0;  // seconds of slots, reported since `load_since`
    double load = 0;
    bool joined = false;
    bool left = false;
    bool lost = false;
    bool asked_to_rejoin = false;
    bool works = true;
    std::int64_t pid = 0;  // where it can be looked up: on our own host; else 0
  };

  void on_present(Member& member, const PresentMsg& present);
  void on_message_of_lost(Rank from, Member& member, const Message& message);
  void on_hello(Rank from, const HelloMsg& hello);
  void on_done(Rank from, DoneMsg done);
  void count(Rank from, Report report);
  void on_returned(Rank from, const ReturnMsg& returned);
  void note_blames();
  bool send_decisions();
  std::string why_lost(const Member& member, double now) const;
  void lose(Rank rank, const std::string& why);
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
  Spread durations_;  // of tasks with a source
  std::vector<LostRank> lost_;
  bool drained_ = false;
  bool stopped_ = false;
  std::uint64_t left_out_ = 0;
  std::uint64_t skipped_ = 0;
  std::vector<std::pair<Rank, WantMsg>> held_wants_;  // while the journal is behind
};

}  // namespace fanfold
