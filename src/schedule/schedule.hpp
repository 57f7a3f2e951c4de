// The scheduling decisions of a run, as a pure state machine: events in, decisions out. No MPI, no clock, no
// threads.
#pragma once

#include <fanfold/random.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/task_set.hpp"
#include "job/chunk.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// What a Schedule is told before the run.
struct SchedulePolicy {
  std::uint32_t retries = 0;
  /// A failed task rests for so long before its second attempt, and twice as long before each further one,
  /// but not longer than the limit; each of these times is drawn between half and one and a half of it, from
  /// the task's own random numbers, so that tasks that failed together do not come back together.
  double backoff_seconds = 0;
  double backoff_limit_seconds = 60;
  RandomKey backoff_key = {};
  bool stop_on_failure = false;
  std::optional<std::uint64_t> max_failures;  ///< stop when more have failed
  std::optional<std::uint64_t> chunk;         ///< fixed tasks per chunk; none: by measured cost
  double chunk_seconds = 0.25;                ///< what a chunk aims at, per slot
  /// A task that may have killed so many ranks is set aside as failed.
  std::uint32_t most_losses = 2;
  double long_task_seconds = 0.05;  ///< above this, at most one task per slot is prefetched
  std::uint64_t failed_before = 0;  ///< failed tasks of an earlier execution; they count for max_failures
};

/// The scheduler of one run. All times are seconds on the caller's clock, which never goes back.
///
/// Invariants: every pending task is in exactly one place: waiting, or in one chunk of one rank; a task is
/// finished at most once; an event that does not fit what is outstanding (a stale answer of a rank that was
/// lost, a chunk that was returned) is dropped and changes nothing. When `ended()` is true no task is
/// outstanding.
class Schedule {
 public:
  /// `pending`: the tasks to run. Natural order: ascending.
  Schedule(SchedulePolicy policy, TaskSet pending);
  /// `order`: the tasks to run in the order in which they are to be issued (longest first), each once; with
  /// `costs`, if not empty, the relative cost of each, so that chunks are sized by cost.
  Schedule(SchedulePolicy policy, TaskList order, std::vector<float> costs);
  ~Schedule();
  Schedule(Schedule&&) noexcept;
  Schedule& operator=(Schedule&&) noexcept;

  // ---- events ---------------------------------------------------------------------------------------------
  /// A rank can work from now on, with this many tasks at a time; also one that was lost, and is there again.
  void on_joined(Rank rank, std::uint32_t slots, double now);
  /// From now on it works on this many at a time.
  void on_slots(Rank rank, std::uint32_t slots, double now);
  void on_want(Rank rank, std::uint32_t chunks, double now);
  void on_started(Rank rank, const ChunkTasks& started, double now);

  /// What came of a report: whether to count it.
  enum class Verdict {
    counted,  ///< its tasks are finished now: merge its partial, record it
    stale     ///< drop it
  };
  /// A part of a chunk ended. Tasks in `to_retry` are issued again (with the next attempt) when they have
  /// rested: as the policy says, and at least as long as their outcome asks for. A rank that wants
  /// to retry what has no attempts left breaks the policy that it was given: the report is stale, and the
  /// rank is treated as lost, so that its tasks neither hang nor loop.
  Verdict on_done(Rank rank, const Report& report, double now);
  void on_returned(Rank rank, const std::vector<ChunkTasks>& returned, double now);
  /// The rank is gone: its unfinished tasks are issued again to others, with the same attempt. Its later
  /// events are stale, until it joins again.
  ///
  /// One of the tasks that it ran may have killed it. If it had a suspect, that one alone is blamed; else all
  /// that had begun are suspects from now on: each is issued alone, and to a rank that has no other. What
  /// began is known of long tasks only (StartedMsg); a chunk of short ones is divided until the task is
  /// found. What is blamed for `most_losses` losses is issued once more, to be reported as failed
  /// (Chunk::set_aside).
  void on_lost(Rank rank, double now);
  /// These tasks were blamed in an earlier execution. To be said before the first rank joins.
  void on_blamed(TaskRange tasks, std::uint32_t losses);
  /// Nothing happened. To be called now and then (every 0.1 s, say) while the run lasts, and at `next_time`:
  /// tasks have rested; a report that is
  /// overdue tells that a rank is held up by a long task, so that an idle one may take over what waits behind
  /// it.
  void on_time_passed(double now);
  /// Start no more tasks: nothing waiting is issued, what was not started is called back, what runs may end.
  void on_drain(double now);

  // ---- decisions ------------------------------------------------------------------------------------------
  struct SendChunk {
    Rank rank;
    Chunk chunk;
  };
  struct SendRecall {
    Rank rank;
    std::uint64_t tasks;
  };
  struct SendDrain {
    Rank rank;
  };
  using Decision = std::variant<SendChunk, SendRecall, SendDrain>;
  /// What is to be sent now, in order; empties the list.
  std::vector<Decision> take_decisions();

  /// What a loss was blamed on: tasks, and of how many losses by now. Empties the list.
  struct Blame {
    TaskRange tasks;
    std::uint32_t losses;
  };
  std::vector<Blame> take_blames();

  // ---- state ----------------------------------------------------------------------------------------------
  /// Nothing is outstanding, and nothing is left to issue (or it never will be: drained, stopped, no rank
  /// left).
  bool ended() const;
  /// True after on_drain or when the failure policy stopped the run.
  bool draining() const;
  /// True if the failure policy (stop_on_failure, max_failures) stopped the run.
  bool stopped_by_failures() const;
  std::uint64_t waiting() const;  ///< tasks not issued, those that rest too
  /// When the next task will have rested; none if none rests.
  std::optional<double> next_time() const;
  std::uint64_t outstanding() const;  ///< tasks issued and not finished
  std::uint64_t finished() const;     ///< tasks finished in this execution
  std::uint64_t failed() const;       ///< of those, failed
  std::uint64_t retried() const;      ///< attempts that failed and were issued again
  std::uint64_t stale() const;        ///< events that were dropped
  std::uint64_t chunks() const;       ///< chunks issued
  /// Measured seconds of one slot for one task: an average that follows the newest reports; none before the
  /// first.
  std::optional<double> task_seconds() const;
  /// Tasks outstanding at a rank.
  std::uint64_t outstanding(Rank rank) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fanfold
