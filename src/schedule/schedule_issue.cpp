// Schedule's steps that hand out chunks.
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
  const ChunkLimit limit = chunk_limit(policy, situation_of(work));
  if (limit.tasks == 0) return false;
  WaitingTasks::Taken taken = waiting.take(limit);
  Chunk chunk{ChunkId(++chunks), taken.attempt, std::move(taken.tasks)};
  work.issue(chunk, taken.count, taken.cost, now);
  --work.wanted;
  outstanding += taken.count;
  decisions.push_back(SendChunk{work.rank(), std::move(chunk)});
  return true;
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
  situation.next_cost = waiting.next_cost();
  situation.cost_seconds = cost_seconds.seconds();
  situation.proven = proven;
  return situation;
}

}  // namespace fanfold
