// Random orders of events: no task is lost or doubled, and every run ends.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "schedule/schedule.hpp"

namespace fanfold::test {
namespace {

/// 0 … below − 1, whatever the size that RapidCheck is at.
std::uint32_t pick(std::uint64_t below) {
  if (below == 0) return 0;
  return *rc::gen::resize(rc::kNominalSize,
                          rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(below)));
}

/// Drives a Schedule with random events, and keeps a book of its own of where each task is.
class Model {
 public:
  static constexpr std::uint32_t retries = 2;

  Model(std::uint64_t tasks, SchedulePolicy policy, bool with_costs)
      : tasks_(tasks), schedule_(make(tasks, policy, with_costs)) {}

  // ---- events
  // -------------------------------------------------------------------------------------------------------
  void join() {
    const Rank rank(static_cast<std::int32_t>(ranks_.size()));
    ranks_.push_back({});
    schedule_.on_joined(rank, 1 + pick(4), now_);
    after_event();
  }
  void want() {
    if (ranks_.empty()) return;
    const std::size_t rank = pick(ranks_.size());
    schedule_.on_want(rank_of(rank), pick(3), now_);
    after_event();
  }
  void start() {
    Held* held = any_chunk();
    if (!held) return;
    const TaskSet tasks = some_of(held->unstarted);
    held->unstarted.erase(tasks);
    schedule_.on_started(rank_of(held->rank), {held->chunk.id, tasks.ranges()}, now_);
    after_event();
  }
  /// A part of a chunk ends: some tasks succeed, some fail, some are to be retried if the policy has attempts
  /// left.
  void finish() {
    if (Held* held = any_chunk()) finish(*held, some_of(held->tasks));
  }
  void give_back() {
    Held* held = any_chunk();
    if (!held) return;
    const TaskSet tasks = some_of(held->unstarted);
    answer(held->rank, {take(*held, tasks)});
  }
  void die() {
    if (live_ranks() < 2) return;
    std::size_t rank = pick(ranks_.size());
    while (ranks_[rank].lost) rank = (rank + 1) % ranks_.size();
    ranks_[rank].lost = true;
    for (const auto& [id, held] : held_) {
      if (held.rank == rank) ghosts_.push_back(held);
    }
    std::erase_if(held_, [&](const auto& entry) { return entry.second.rank == rank; });
    schedule_.on_lost(rank_of(rank), now_);
    after_event();
  }
  /// What a dead rank still had to say.
  void haunt() {
    if (ghosts_.empty()) return;
    const Held& ghost = ghosts_[pick(ghosts_.size())];
    expect_stale([&] {
      Report report;
      report.chunk = ghost.chunk.id;
      report.finished = ghost.tasks;
      RC_ASSERT(schedule_.on_done(rank_of(ghost.rank), report, now_) == Schedule::Verdict::stale);
    });
    expect_stale([&] { schedule_.on_want(rank_of(ghost.rank), 3, now_); });
    expect_stale([&] {
      schedule_.on_returned(rank_of(ghost.rank), {{ghost.chunk.id, ghost.chunk.tasks}}, now_);
    });
  }
  /// What a broken rank says: tasks, chunks and ranks that are nowhere, or tasks that it has together with
  /// such.
  void babble() {
    const ChunkTasks nonsense{ChunkId(pick(1000) + 1'000'000), {{pick(tasks_ + 5), tasks_ + 10}}};
    const Rank rank(static_cast<std::int32_t>(pick(ranks_.size() + 3)) - 1);
    expect_stale([&] { schedule_.on_started(rank, nonsense, now_); });
    expect_stale([&] { schedule_.on_joined(Rank(-1), 1, now_); });
    Held* held = any_chunk();
    if (!held) return;
    Report report;
    report.chunk = held->chunk.id;
    report.finished = held->tasks;
    report.finished.insert(TaskRange{tasks_, tasks_ + 1});
    report.busy = -1;
    expect_stale([&] { schedule_.on_done(rank_of(held->rank), report, now_); });
  }
  void pass_time() {
    now_ += 0.2;
    schedule_.on_time_passed(now_);
    after_event();
  }
  void drain() {
    schedule_.on_drain(now_);
    drained_ = true;
    after_event();
  }

  /// Lets the workers be good from now on. Ends within a bounded number of events, or the property fails.
  void run_to_the_end() {
    if (live_ranks() == 0) join();
    std::uint64_t steps = 0;
    const std::uint64_t most = 1000 + 50 * (tasks_ + ranks_.size()) * (retries + 1);
    while (!schedule_.ended()) {
      RC_ASSERT(++steps < most);
      for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (ranks_[rank].lost) continue;
        schedule_.on_want(rank_of(rank), 1, now_);
        after_event();
      }
      answer_all();
      if (Held* held = any_chunk()) finish(*held, held->tasks);
    }
    RC_ASSERT(schedule_.outstanding() == 0U);
    RC_ASSERT(held_.empty());
    if (!schedule_.draining()) {
      RC_ASSERT(finished_.size() == tasks_);
      RC_ASSERT(schedule_.waiting() == 0U);
    }
  }

 private:
  struct Worker {
    bool lost = false;
  };
  struct Held {
    std::size_t rank;
    Chunk chunk;
    TaskSet tasks;
    TaskSet unstarted;
  };

  static Schedule make(std::uint64_t tasks, const SchedulePolicy& policy, bool with_costs) {
    if (!with_costs) return Schedule(policy, TaskSet(TaskRange{0, tasks}));
    TaskList order;  // the odd ones first
    for (std::uint64_t task = 1; task < tasks; task += 2) order.push_back({task, task + 1});
    for (std::uint64_t task = 0; task < tasks; task += 2) order.push_back({task, task + 1});
    std::vector<float> costs;
    for (std::uint64_t place = 0; place < tasks; ++place) costs.push_back(static_cast<float>(tasks - place));
    return Schedule(policy, order, costs);
  }

  static Rank rank_of(std::size_t rank) { return Rank(static_cast<std::int32_t>(rank)); }

  std::size_t live_ranks() const {
    return static_cast<std::size_t>(
        std::count_if(ranks_.begin(), ranks_.end(), [](const Worker& w) { return !w.lost; }));
  }

  Held* any_chunk() {
    if (held_.empty()) return nullptr;
    return &std::next(held_.begin(), static_cast<std::ptrdiff_t>(pick(held_.size())))->second;
  }

  /// A random part, perhaps empty.
  static TaskSet some_of(const TaskSet& tasks) {
    TaskSet part;
    const int share = static_cast<int>(pick(3));
    for (const TaskRange& range : tasks.ranges()) {
      for (std::uint64_t task = range.begin; task < range.end; ++task) {
        if (share == 2 || pick(3) == 0) part.insert(TaskIndex(task));
      }
    }
    return part;
  }

  void finish(Held& held, const TaskSet& part) {
    Report report;
    report.chunk = held.chunk.id;
    std::uint64_t failed = 0;
    TaskSet ended;
    for (const TaskRange& range : part.ranges()) {
      for (std::uint64_t task = range.begin; task < range.end; ++task) {
        const bool fails = pick(8) == 0;
        ended.insert(TaskIndex(task));
        if (fails && held.chunk.attempt.value() <= retries) {
          append(report.to_retry, TaskIndex(task));
          continue;
        }
        failed += fails ? 1 : 0;
        report.finished.insert(TaskIndex(task));
      }
    }
    if (failed > 0) report.failures.push_back({"reason", failed, {}});
    report.busy = static_cast<double>(ended.size()) * seconds_[pick(seconds_.size())];
    for (const TaskRange& range : report.finished.ranges()) {
      RC_ASSERT(!finished_.intersects(range));
      finished_.insert(range);
    }
    const Rank rank = rank_of(held.rank);
    take(held, ended);
    RC_ASSERT(schedule_.on_done(rank, report, now_) == Schedule::Verdict::counted);
    after_event();
  }

  /// Takes tasks off a chunk in the book; the chunk is forgotten when it is empty. (`held` may be gone then.)
  ChunkTasks take(Held& held, const TaskSet& tasks) {
    ChunkTasks part{held.chunk.id, tasks.ranges()};
    held.tasks.erase(tasks);
    held.unstarted.erase(tasks);
    if (held.tasks.empty()) held_.erase(part.chunk);
    return part;
  }

  void answer(std::size_t rank, std::vector<ChunkTasks> parts) {
    recalls_.erase(rank);
    std::erase_if(parts, [](const ChunkTasks& part) { return part.tasks.empty(); });
    schedule_.on_returned(rank_of(rank), parts, now_);
    after_event();
  }

  /// Each recall is answered with what was asked for, as far as it has not begun; each drain with all of
  /// that.
  void answer_all() {
    while (!recalls_.empty()) {
      const auto [rank, asked] = *recalls_.begin();
      std::uint64_t left = asked;
      std::vector<ChunkTasks> parts;
      std::vector<ChunkId> ids;
      for (const auto& [id, held] : held_) {
        if (held.rank == rank) ids.push_back(id);
      }
      for (const ChunkId id : ids) {
        Held& held = held_.at(id);
        TaskSet given;
        while (left > 0 && !held.unstarted.empty()) {
          const TaskRange range = held.unstarted.take_front(left);
          given.insert(range);
          left -= range.size();
        }
        parts.push_back(take(held, given));
      }
      answer(rank, std::move(parts));
    }
  }

  template <typename Event>
  void expect_stale(const Event& event) {
    const std::array before = counts();
    const std::uint64_t stale = schedule_.stale();
    event();
    RC_ASSERT(schedule_.stale() == stale + 1);
    RC_ASSERT(counts() == before);
    after_event();
  }
  std::array<std::uint64_t, 5> counts() const {
    return {schedule_.waiting(), schedule_.outstanding(), schedule_.finished(), schedule_.failed(),
            schedule_.chunks()};
  }

  /// Reads what was sent, and compares the books.
  void after_event() {
    now_ += 0.001;
    for (Schedule::Decision& decision : schedule_.take_decisions()) {
      if (auto* send = std::get_if<Schedule::SendChunk>(&decision)) {
        receive(*send);
      } else if (const auto* recall = std::get_if<Schedule::SendRecall>(&decision)) {
        const auto rank = static_cast<std::size_t>(recall->rank.value());
        RC_ASSERT(!ranks_[rank].lost);
        RC_ASSERT(recall->tasks > 0U);
        RC_ASSERT(recalls_.emplace(rank, recall->tasks).second);  // one at a time
      } else {
        RC_ASSERT(schedule_.draining());
        recalls_[static_cast<std::size_t>(std::get<Schedule::SendDrain>(decision).rank.value())] = tasks_;
      }
    }
    std::erase_if(recalls_, [&](const auto& recall) { return ranks_[recall.first].lost; });
    compare();
  }

  void receive(Schedule::SendChunk& send) {
    const auto rank = static_cast<std::size_t>(send.rank.value());
    RC_ASSERT(!schedule_.draining() || !drained_);
    RC_ASSERT(!ranks_[rank].lost);
    RC_ASSERT(!send.chunk.tasks.empty());
    RC_ASSERT(send.chunk.attempt.value() <= retries + 1);
    Held held{rank, std::move(send.chunk), {}, {}};
    for (const TaskRange& range : held.chunk.tasks) {
      RC_ASSERT(range.end <= tasks_);
      RC_ASSERT(!finished_.intersects(range));
      RC_ASSERT(!held.tasks.intersects(range));
      for (const auto& [id, other] : held_) RC_ASSERT(!other.tasks.intersects(range));
      held.tasks.insert(range);
    }
    held.unstarted = held.tasks;
    const ChunkId id = held.chunk.id;
    RC_ASSERT(held_.emplace(id, std::move(held)).second);
  }

  void compare() const {
    std::uint64_t outstanding = 0;
    std::vector<std::uint64_t> by_rank(ranks_.size());
    for (const auto& [id, held] : held_) {
      outstanding += held.tasks.size();
      by_rank[held.rank] += held.tasks.size();
    }
    RC_ASSERT(schedule_.outstanding() == outstanding);
    RC_ASSERT(schedule_.finished() == finished_.size());
    RC_ASSERT(schedule_.waiting() + schedule_.outstanding() + schedule_.finished() == tasks_);
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      RC_ASSERT(schedule_.outstanding(rank_of(rank)) == by_rank[rank]);
    }
    if (schedule_.ended()) RC_ASSERT(outstanding == 0U);
  }

  std::uint64_t tasks_;
  Schedule schedule_;
  double now_ = 0;
  std::vector<Worker> ranks_;
  std::map<ChunkId, Held> held_;
  std::vector<Held> ghosts_;
  std::map<std::size_t, std::uint64_t> recalls_;
  TaskSet finished_;
  bool drained_ = false;
  std::vector<double> seconds_{0, 1e-8, 1e-3, 0.02, 3, 1e9};
};

SchedulePolicy any_policy() {
  SchedulePolicy policy;
  policy.retries = Model::retries;
  if (pick(3) == 0) policy.chunk = pick(6);
  if (pick(6) == 0) policy.max_failures = pick(6);
  policy.stop_on_failure = pick(12) == 0;
  return policy;
}

/// One run with random events.
void run_at_random() {
  const SchedulePolicy policy = any_policy();
  const bool with_costs = *rc::gen::arbitrary<bool>();
  Model model(pick(60), policy, with_costs);
  const std::vector<std::function<void()>> events{
      [&] { model.join(); },  [&] { model.want(); },   [&] { model.want(); },   [&] { model.want(); },
      [&] { model.start(); }, [&] { model.finish(); }, [&] { model.finish(); }, [&] { model.give_back(); },
      [&] { model.die(); },   [&] { model.haunt(); },  [&] { model.babble(); }, [&] { model.pass_time(); }};
  for (std::uint32_t left = pick(100); left > 0; --left) events[pick(events.size())]();
  if (pick(8) == 0) model.drain();
  model.run_to_the_end();
}

RC_GTEST_PROP(ScheduleProperty, NeverLosesOrDoublesATaskAndAlwaysEnds, ()) {
  for (int run = 0; run < 10; ++run) run_at_random();
}

}  // namespace
}  // namespace fanfold::test
