// Schedule's steps that hand out chunks.
#include <fmt/format.h>

#include <algorithm>

#include "schedule/schedule_state.hpp"

namespace fanfold {

/// Issues what the rank wants and may have.
void Schedule::State::serve(RankWork& work, double now) {
  while (work.wanted > 0 && !waiting.empty() && issue(work, now)) {
  }
}

/// Issues what waits to whoever wants it.
void Schedule::State::serve_all(double now) {
  while (!draining && !waiting.empty()) {
    const std::optional<Rank> taker = takers.next();
    if (!taker) return;
    RankWork& work = *ranks[static_cast<std::size_t>(taker->value())];
    if (issue(work, now)) {
      file(work);
    } else {
      takers.remove(*taker);  // it has enough: its next event brings it back
    }
  }
}

/// Issues one chunk, unless the rank has enough in advance.
bool Schedule::State::issue(RankWork& work, double now) {
  const WaitingTasks::For whom = tasks_for(work);
  if (!waiting.has(whom)) return false;
  const ChunkLimit limit = chunk_limit(policy, situation_of(work));
  if (limit.tasks == 0) return false;
  WaitingTasks::Taken taken = waiting.take(limit, whom);
  Chunk chunk{ChunkId(++chunks), taken.manner.attempt, std::move(taken.tasks)};
  if (taken.manner.set_aside) {
    chunk.set_aside = fmt::format("killed its rank {} times", taken.manner.losses);
    chunk.attempt = std::max(chunk.attempt, Attempt(policy.retries + 1));
  }
  work.issue(chunk, taken.manner, taken.count, taken.cost, now);
  --work.wanted;
  outstanding += taken.count;
  decisions.push_back(SendChunk{work.rank(), std::move(chunk)});
  return true;
}

/// A rank runs one chunk of suspects at a time, so that it is known which one it died of. Rank zero, whose
/// death ends the run, gets one only if nobody else is left.
WaitingTasks::For Schedule::State::tasks_for(const RankWork& work) const {
  const bool may = work.suspects() == 0 && (work.rank() != Rank(0) || live_ranks == 1);
  return may ? WaitingTasks::For::anyone : WaitingTasks::For::those_without_suspects;
}

ChunkSituation Schedule::State::situation_of(const RankWork& work) const {
  ChunkSituation situation;
  situation.slots = work.slots();
  situation.outstanding = work.outstanding();
  situation.all_outstanding = outstanding;
  situation.all_slots = all_slots;
  situation.idle_slots = takers.idle_slots();
  situation.waiting_tasks = waiting.count();
  situation.waiting_cost = waiting.cost();
  situation.next_cost = waiting.next_cost(tasks_for(work));
  situation.cost_seconds = cost_seconds.seconds();
  situation.proven = proven;
  return situation;
}

}  // namespace fanfold
