// Schedule's events, and the bookkeeping that follows from them.
#include "schedule/schedule.hpp"

#include <algorithm>
#include <utility>

#include "schedule/schedule_state.hpp"

namespace fanfold {
namespace {

/// More chunks than this are never owed to a rank: a bound for what a peer can ask for.
constexpr std::uint32_t most_wanted = 4096;

}  // namespace

// ---- the outside ------------------------------------------------------------------------------------------

Schedule::Schedule(SchedulePolicy policy, TaskSet pending)
    : state_(std::make_unique<State>(std::move(policy), IssueOrder())) {
  for (const TaskRange& range : pending.ranges()) state_->waiting.put_positions({}, range);
}

Schedule::Schedule(SchedulePolicy policy, TaskList order, std::vector<float> costs) {
  const std::uint64_t tasks = size_of(order);
  state_ = std::make_unique<State>(std::move(policy), IssueOrder(std::move(order), std::move(costs)));
  state_->waiting.put_positions({}, {0, tasks});
}

Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;
Schedule& Schedule::operator=(Schedule&&) noexcept = default;

std::vector<Schedule::Decision> Schedule::take_decisions() { return std::exchange(state_->decisions, {}); }

bool Schedule::ended() const {
  const State& s = *state_;
  const bool nobody_left = s.live_ranks == 0 && !s.ranks.empty();
  return s.outstanding == 0 && (s.waiting.empty() || s.draining || nobody_left);
}

bool Schedule::draining() const { return state_->draining; }
bool Schedule::stopped_by_failures() const { return state_->stopped_by_failures; }
std::uint64_t Schedule::waiting() const { return state_->waiting.count(); }
std::uint64_t Schedule::outstanding() const { return state_->outstanding; }
std::uint64_t Schedule::finished() const { return state_->finished; }
std::uint64_t Schedule::failed() const { return state_->failed; }
std::uint64_t Schedule::retried() const { return state_->retried; }
std::uint64_t Schedule::stale() const { return state_->stale; }
std::uint64_t Schedule::chunks() const { return state_->chunks; }
std::optional<double> Schedule::task_seconds() const {
  const bool by_cost = state_->waiting.order().knows_costs();
  return by_cost ? state_->task_seconds.seconds() : state_->cost_seconds.seconds();
}

std::uint64_t Schedule::outstanding(Rank rank) const {
  const auto place = static_cast<std::size_t>(rank.value());
  if (rank.value() < 0 || place >= state_->ranks.size() || !state_->ranks[place]) return 0;
  return state_->ranks[place]->outstanding();
}

// ---- events -----------------------------------------------------------------------------------------------

void Schedule::on_joined(Rank rank, std::uint32_t slots, double) {
  State& s = *state_;
  const auto place = static_cast<std::size_t>(rank.value());
  if (rank.value() < 0 || (place < s.ranks.size() && s.ranks[place])) {
    ++s.stale;
    return;
  }
  if (place >= s.ranks.size()) s.ranks.resize(place + 1);
  s.ranks[place].emplace(rank, std::max(slots, 1U));
  ++s.live_ranks;
  s.all_slots += s.ranks[place]->slots();
}

void Schedule::on_want(Rank rank, std::uint32_t chunks, double now) {
  RankWork* work = state_->live(rank);
  if (!work) return;
  work->wanted += std::min(chunks, most_wanted - work->wanted);
  state_->settle(*work, now);
}

void Schedule::on_started(Rank rank, const ChunkTasks& started, double now) {
  RankWork* work = state_->live(rank);
  if (!work) return;
  IssuedChunk* chunk = work->find(started.chunk);
  const bool fits = chunk && is_part_of(chunk->tasks, started.tasks) &&
                    std::none_of(started.tasks.begin(), started.tasks.end(),
                                 [&](const TaskRange& range) { return chunk->started.intersects(range); });
  if (!fits) {
    ++state_->stale;
    return;
  }
  work->start(*chunk, started.tasks);
  state_->settle(*work, now);
}

Schedule::Verdict Schedule::on_done(Rank rank, const Report& report, double now) {
  State& s = *state_;
  RankWork* work = s.live(rank);
  if (!work) return Verdict::stale;
  IssuedChunk* chunk = work->find(report.chunk);
  std::vector<TaskRange> ended = report.finished.ranges();
  ended.insert(ended.end(), report.to_retry.begin(), report.to_retry.end());
  if (!chunk || !is_part_of(chunk->tasks, ended)) {
    ++s.stale;
    return Verdict::stale;
  }
  const Attempt attempt = chunk->attempt;
  if (!report.to_retry.empty() && attempt.value() > s.policy.retries) {
    ++s.stale;
    s.lose(*work, now);
    return Verdict::stale;
  }
  const double cost = s.remove(*work, *chunk, ended);
  work->note_progress(now);
  for (const TaskRange& range : report.to_retry) s.waiting.put({Attempt(attempt.value() + 1), false}, range);
  s.count(report, cost, work->slots());
  s.settle(*work, now);
  return Verdict::counted;
}

void Schedule::on_returned(Rank rank, const std::vector<ChunkTasks>& returned, double now) {
  State& s = *state_;
  RankWork* work = s.live(rank);
  if (!work) return;
  std::uint64_t tasks = 0;
  bool all_fit = true;
  for (const ChunkTasks& part : returned) {
    IssuedChunk* chunk = work->find(part.chunk);
    if (!chunk || !is_part_of(chunk->tasks, part.tasks)) {
      all_fit = false;
      continue;
    }
    for (const TaskRange& range : part.tasks) s.waiting.put({chunk->attempt, false}, range);
    s.remove(*work, *chunk, part.tasks);
    tasks += size_of(part.tasks);
  }
  if (!all_fit) ++s.stale;
  if (work->asked) work->gave_all = tasks < *work->asked;
  s.end_recall(*work);
  s.settle(*work, now);
}

void Schedule::on_lost(Rank rank, double now) {
  if (RankWork* work = state_->live(rank)) state_->lose(*work, now);
}

void Schedule::on_time_passed(double now) { state_->call_back(now); }

void Schedule::on_drain(double) { state_->drain(); }

// ---- ranks ------------------------------------------------------------------------------------------------

/// The work of a rank that takes part; if it does not (any more), the event is stale, and null is returned.
RankWork* Schedule::State::live(Rank rank) {
  const auto place = static_cast<std::size_t>(rank.value());
  if (rank.value() >= 0 && place < ranks.size() && ranks[place] && !ranks[place]->lost) return &*ranks[place];
  ++stale;
  return nullptr;
}

/// Draws the consequences of an event of this rank.
void Schedule::State::settle(RankWork& work, double now) {
  if (draining) return;
  if (takers.empty()) serve(work, now);  // the usual case: nobody else can have come to want anything
  file(work);
  serve_all(now);
  call_back(now);
}

/// Keeps up who could take work, and who could give some.
void Schedule::State::file(const RankWork& work) {
  if (work.wanted > 0) {
    takers.add(work.rank(), work.idle_slots());
  } else {
    takers.remove(work.rank());
  }
  if (!watching_lenders) return;
  if (!work.asked && !work.gave_all && work.unstarted_at_most() > 0) {
    lenders.add(work.rank(), work.expected_end(pace()));
  } else {
    lenders.remove(work.rank());
  }
}

void Schedule::State::lose(RankWork& work, double now) {
  for (const IssuedChunk& chunk : work.chunks()) {
    TaskSet not_started = chunk.tasks;
    not_started.erase(chunk.started);
    for (const TaskRange& range : not_started.ranges()) waiting.put({chunk.attempt, false}, range);
    for (const TaskRange& range : chunk.started.ranges()) waiting.put({chunk.attempt, true}, range);
  }
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
  serve_all(now);
  call_back(now);
}

// ---- what ended -------------------------------------------------------------------------------------------

/// Takes tasks off the rank, and returns what they cost. The chunk is gone if nothing is left of it.
double Schedule::State::remove(RankWork& work, IssuedChunk& chunk, std::span<const TaskRange> tasks) {
  double cost = 0;
  const std::uint64_t before = work.outstanding();
  for (const TaskRange& range : tasks) {
    waiting.order().visit_positions(range,
                                    [&](TaskRange positions) { cost += waiting.order().cost(positions); });
  }
  work.remove(chunk, tasks, cost);
  work.close(chunk);
  outstanding -= before - work.outstanding();
  return cost;
}

/// Counts and measures; stops the run if too many have failed.
void Schedule::State::count(const Report& report, double cost, std::uint32_t slots) {
  const std::uint64_t retries = size_of(report.to_retry);
  const std::uint64_t tasks = report.finished.size() + retries;
  const std::uint64_t failures = std::min(report.failed_count(), report.finished.size());
  finished += report.finished.size();
  failed += failures;
  retried += retries;
  cost_seconds.add(report.busy, cost);
  if (waiting.order().knows_costs()) task_seconds.add(report.busy, static_cast<double>(tasks));
  proven = std::max(proven, tasks / slots);

  const bool too_many = policy.max_failures && policy.failed_before + failed > *policy.max_failures;
  if (failures == 0 || stopped_by_failures || !(policy.stop_on_failure || too_many)) return;
  stopped_by_failures = true;
  drain();
}

/// Issues nothing more, and calls back what was not started.
void Schedule::State::drain() {
  if (draining) return;
  draining = true;
  takers.clear();
  for (const auto& work : ranks) {
    if (work && !work->lost && work->may_hold_unstarted()) decisions.push_back(SendDrain{work->rank()});
  }
}

}  // namespace fanfold
