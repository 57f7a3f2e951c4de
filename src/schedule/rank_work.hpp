// What one rank was given and has not answered for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ids.hpp"
#include "core/task_set.hpp"
#include "job/chunk.hpp"
#include "schedule/waiting_tasks.hpp"

namespace fanfold {

/// The part of a chunk that a rank still has.
struct IssuedChunk {
  ChunkId id;
  Attempt attempt;
  TaskSet tasks;    ///< not finished, not returned
  TaskSet started;  ///< of those, the ones that are known to have begun
  WaitingTasks::Manner manner;
};

/// Measured costs, as far as they are known, for estimates of what a rank is at.
struct Pace {
  std::optional<double> cost_seconds;  ///< per unit of cost
  double long_task_seconds = 0;
};

/// The outstanding work of a rank. Whatever a peer names is checked against it first: `find` and
/// `is_part_of`.
class RankWork {
 public:
  RankWork(Rank rank, std::uint32_t slots) : rank_(rank), slots_(slots) {}

  Rank rank() const { return rank_; }
  std::uint32_t slots() const { return slots_; }
  void set_slots(std::uint32_t slots) { slots_ = slots; }
  std::uint64_t outstanding() const { return outstanding_; }
  /// Chunks of suspects among them.
  std::uint32_t suspects() const { return suspects_; }
  std::uint64_t idle_slots() const { return slots_ - std::min<std::uint64_t>(slots_, outstanding_); }
  /// By ascending id.
  std::span<const IssuedChunk> chunks() const { return std::span(chunks_).subspan(first_); }

  void issue(const Chunk& chunk, WaitingTasks::Manner manner, std::uint64_t tasks, double cost, double now);
  /// The chunk with this id, or null. Valid until the next change.
  IssuedChunk* find(ChunkId id);
  /// Marks tasks as begun. Precondition: they are the chunk's, and not marked.
  void start(IssuedChunk& chunk, std::span<const TaskRange> tasks);
  /// Tasks of the chunk ended or were returned. Precondition: they are the chunk's.
  void remove(IssuedChunk& chunk, std::span<const TaskRange> tasks, double cost);
  /// Forgets the chunk if nothing is left of it.
  void close(IssuedChunk& chunk);
  /// The rank made progress: it reported.
  void note_progress(double now) { progress_at_ = now; }
  /// Forgets everything.
  void clear();

  /// How many tasks have probably not begun. Tasks run on all slots; between reports of cheap tasks, work
  /// goes on at the measured pace, unless a report is overdue: then something long is in the way.
  std::uint64_t unstarted(const Pace& pace, double now) const;
  /// An upper bound of that.
  std::uint64_t unstarted_at_most() const;
  /// True unless each task is known to have begun.
  bool may_hold_unstarted() const { return started_ < outstanding_; }
  /// When all of it would be done at the measured pace: changes at events only, so that ranks can be kept in
  /// order.
  double expected_end(const Pace& pace) const;
  /// For how long it has not reported, if that is longer than it should be: at least so long are the tasks
  /// that hold it up. Else 0.
  double overdue_seconds(double now) const;
  /// Seconds of one slot for one of its tasks; none before the first report.
  std::optional<double> task_seconds(const Pace& pace) const;

  bool lost = false;
  std::uint32_t wanted = 0;            ///< chunks that it asked for and did not get
  std::optional<std::uint64_t> asked;  ///< tasks that it was asked to return, until it answers
  bool gave_all = false;  ///< it returned fewer than asked, and got no chunk since: it has none to give

 private:
  std::vector<IssuedChunk>::iterator position_of(ChunkId id);

  Rank rank_;
  std::uint32_t slots_;
  std::vector<IssuedChunk> chunks_;
  std::size_t first_ = 0;  // of the chunks: those before it are closed, and forgotten many at a time
  std::uint64_t outstanding_ = 0;
  std::uint32_t suspects_ = 0;
  std::uint64_t started_ = 0;
  double cost_ = 0;         // of what is outstanding
  double progress_at_ = 0;  // when it last reported, or got work while it had none
};

/// True if each task of the ranges is in `whole`, and none is named twice.
bool is_part_of(const TaskSet& whole, std::span<const TaskRange> ranges);

}  // namespace fanfold
