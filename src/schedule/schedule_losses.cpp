// Ranks that are lost: their tasks wait again, and those that they may have died of are suspects.
#include <algorithm>
#include <variant>

#include "schedule/schedule_state.hpp"

namespace fanfold {
namespace {

/// A chunk whose rank was lost, with nobody knowing which of its tasks ran, is issued again in so many.
constexpr std::uint64_t parts_of_suspects = 64;

}  // namespace

void Schedule::State::lose(RankWork& work, Loss loss, double now) {
  put_back(work, loss);
  outstanding -= work.outstanding();
  --live_ranks;
  all_slots -= work.slots();
  end_recall(work);
  takers.remove(work.rank());
  lenders.remove(work.rank());
  work.clear();
  work.lost = true;
  std::erase_if(decisions, [&](const Decision& decision) {
    return std::visit([&](const auto& each) { return each.rank == work.rank(); }, decision);
  });
  for (const auto& other : ranks) {
    if (other && !other->lost) file(*other);  // rank zero may have become the last
  }
  serve_all(now);
  call_back(now);
}

/// The tasks of a lost rank wait again; those that it may have died of as suspects.
void Schedule::State::put_back(const RankWork& work, Loss loss) {
  std::vector<TaskSet> begun = tasks_that_may_have_begun(work);
  if (loss == Loss::broken) begun.assign(begun.size(), {});  // no task is to blame
  const std::span<const IssuedChunk> lost = work.chunks();
  bool one_was_suspect = false;
  for (std::size_t i = 0; i < lost.size(); ++i)
    one_was_suspect |= lost[i].manner.is_suspect() && !begun[i].empty();
  for (std::size_t i = 0; i < lost.size(); ++i) {
    const bool blamed = !one_was_suspect || lost[i].manner.is_suspect();
    TaskSet others = lost[i].tasks;
    if (blamed) others.erase(begun[i]);
    for (const TaskRange& range : others.ranges()) waiting.put(lost[i].manner, range);
    if (blamed && !begun[i].empty()) suspect(lost[i], begun[i]);
  }
}

/// For each chunk of a rank, in order. Chunks of which nothing is known to have begun may have been on the
/// threads that are not known to be busy, the oldest first.
std::vector<TaskSet> Schedule::State::tasks_that_may_have_begun(const RankWork& work) {
  std::uint64_t threads = work.slots();
  for (const IssuedChunk& chunk : work.chunks()) threads -= std::min(threads, chunk.started.size());
  std::vector<TaskSet> begun;
  for (const IssuedChunk& chunk : work.chunks()) {
    TaskSet& tasks = begun.emplace_back(chunk.started);
    if (!tasks.empty() || threads == 0 || chunk.manner.set_aside) continue;
    tasks = chunk.tasks;
    threads -= std::min(threads, tasks.size());
  }
  return begun;
}

/// Blames one more loss on tasks of a chunk.
void Schedule::State::suspect(const IssuedChunk& chunk, const TaskSet& tasks) {
  WaitingTasks::Manner manner = chunk.manner;
  ++manner.losses;
  // Each known to have begun: one of them it was, and each is tried alone. Else they are divided.
  manner.together = chunk.started.empty() ? std::max<std::uint64_t>(1, tasks.size() / parts_of_suspects) : 1;
  manner.set_aside = tasks.size() == 1 && manner.losses >= policy.most_losses;
  for (const TaskRange& range : tasks.ranges()) {
    waiting.put(manner, range);
    if (manner.together == 1) blames.push_back({range, manner.losses});
  }
}

}  // namespace fanfold
