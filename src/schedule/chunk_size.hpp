// How many tasks a rank gets in one chunk: the numbers of self-scheduling.
#pragma once

#include <cstdint>
#include <optional>

namespace fanfold {

struct SchedulePolicy;

/// What handing out work costs, about: messages there and back, and the waits between probes. Chunks at the
/// very end are not made shorter than this, and less work than this is not called back from a rank.
constexpr double exchange_seconds = 0.005;

/// A chunk takes tasks while both hold. No tasks: the rank is to wait.
struct ChunkLimit {
  std::uint64_t tasks = 0;
  double cost = 0;
};

/// All that the size of the next chunk depends on.
struct ChunkSituation {
  std::uint32_t slots = 1;            ///< of the rank
  std::uint64_t outstanding = 0;      ///< tasks at the rank
  std::uint64_t all_outstanding = 0;  ///< tasks at all ranks
  std::uint64_t all_slots = 1;        ///< of all ranks
  std::uint64_t idle_slots = 0;       ///< of all ranks that want work and have nothing to do
  std::uint64_t waiting_tasks = 0;
  double waiting_cost = 0;
  double next_cost = 0;                ///< of the task that comes next
  std::optional<double> cost_seconds;  ///< measured seconds per unit of cost; none before the first report
  std::uint64_t proven = 0;            ///< the most tasks per slot that one report has had
};

/// True if the next task is, or may be, worth a message of its own.
bool next_is_long(const SchedulePolicy& policy, const ChunkSituation& situation);

/// The size of the next chunk:
/// - policy.chunk, if given;
/// - long tasks, or tasks of unknown cost: what fills idle slots; then, when every slot of every rank can
/// have a task, up
///   to one per slot in advance (before that, one would wait behind a long task while another rank idles);
/// - else so many that they take policy.chunk_seconds on each slot, but at most 16 times what was proven to
/// go well, and
///   at most half of what a fair share of the waiting work would be (factoring: Hummel, Schonberg, Flynn
///   1992), so that all ranks end together; never less than exchange_seconds.
ChunkLimit chunk_limit(const SchedulePolicy& policy, const ChunkSituation& situation);

}  // namespace fanfold
