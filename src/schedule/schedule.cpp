// Schedule's events, and the bookkeeping that follows from them.
#include "schedule/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
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

std::vector<Schedule::Blame> Schedule::take_blames() { return std::exchange(state_->blames, {}); }

bool Schedule::ended() const {
  const State& s = *state_;
  const bool nobody_left = s.live_ranks == 0 && !s.ranks.empty();
  return s.outstanding == 0 && ((s.waiting.empty() && s.resting.empty()) || s.draining || nobody_left);
}

bool Schedule::draining() const { return state_->draining; }
bool Schedule::stopped_by_failures() const { return state_->stopped_by_failures; }
std::uint64_t Schedule::waiting() const { return state_->waiting.count() + state_->resting.count(); }
std::optional<double> Schedule::next_time() const {
  return state_->draining ? std::nullopt : state_->resting.next();
}
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
  if (rank.value() < 0 || (place < s.ranks.size() && s.ranks[place] && !s.ranks[place]->lost)) {
    ++s.stale;
    return;
  }
  if (place >= s.ranks.size()) s.ranks.resize(place + 1);
  s.ranks[place].emplace(rank, std::max(slots, 1U));
  ++s.live_ranks;
  s.all_slots += s.ranks[place]->slots();
}

void Schedule::on_slots(Rank rank, std::uint32_t slots, double now) {
  RankWork* work = state_->live(rank);
  if (!work) return;
  state_->all_slots -= work->slots();
  work->set_slots(std::max(slots, 1U));
  state_->all_slots += work->slots();
  state_->settle(*work, now);
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
  ended.insert(ended.end(), report.not_run.begin(), report.not_run.end());
  if (!chunk || !is_part_of(chunk->tasks, ended)) {
    ++s.stale;
    return Verdict::stale;
  }
  const Attempt attempt = chunk->attempt;
  const WaitingTasks::Manner manner = chunk->manner;
  if (!report.to_retry.empty() && attempt.value() > s.policy.retries) {
    ++s.stale;
    s.lose(*work, State::Loss::broken, now);
    return Verdict::stale;
  }
  const double cost = s.remove(*work, *chunk, ended);
  work->note_progress(now);
  s.let_rest(report, attempt, now);
  for (const TaskRange& range : report.not_run) s.waiting.put(manner, range);
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
    for (const TaskRange& range : part.tasks) s.waiting.put(chunk->manner, range);
    s.remove(*work, *chunk, part.tasks);
    tasks += size_of(part.tasks);
  }
  if (!all_fit) ++s.stale;
  if (work->asked) work->gave_all = tasks < *work->asked;
  s.end_recall(*work);
  s.settle(*work, now);
}

void Schedule::on_lost(Rank rank, double now) {
  if (RankWork* work = state_->live(rank)) state_->lose(*work, State::Loss::died, now);
}

void Schedule::on_blamed(TaskRange tasks, std::uint32_t losses) {
  const bool too_many = tasks.size() == 1 && losses >= state_->policy.most_losses;
  state_->waiting.change(tasks, {.losses = losses, .together = 1, .set_aside = too_many});
}

void Schedule::on_time_passed(double now) {
  State& s = *state_;
  if (s.resting.wake(now, s.waiting)) s.serve_all(now);
  s.call_back(now);
}

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
  resting.wake(now, waiting);
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

/// Puts the tasks that are to be tried again where they belong until their time has come.
void Schedule::State::let_rest(const Report& report, Attempt attempt, double now) {
  const WaitingTasks::Manner manner{Attempt(attempt.value() + 1), false};
  std::unordered_map<std::uint64_t, double> asked;
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.retry_after > 0) asked[outcome.task.value()] = outcome.retry_after;
  }
  if (policy.backoff_seconds <= 0 && asked.empty()) {
    for (const TaskRange& range : report.to_retry) waiting.put(manner, range);
    return;
  }
  for (const TaskRange& range : report.to_retry) {
    for (std::uint64_t task = range.begin; task < range.end; ++task) {
      const auto least = asked.find(task);
      const double rest = std::max(rest_of(task, attempt), least == asked.end() ? 0 : least->second);
      resting.put(now + rest, manner, task);
    }
  }
}

double Schedule::State::rest_of(std::uint64_t task, Attempt attempt) const {
  const double doublings = std::min(attempt.value() - 1.0, 60.0);
  const double rest = std::min(policy.backoff_seconds * std::exp2(doublings), policy.backoff_limit_seconds);
  return rest * (0.5 + RandomStream(policy.backoff_key, task).uniform(attempt.value()));
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
