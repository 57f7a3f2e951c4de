#include "schedule/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "schedule/chunk_size.hpp"
#include "schedule/issue_order.hpp"
#include "schedule/lenders.hpp"
#include "schedule/measured_cost.hpp"
#include "schedule/rank_work.hpp"
#include "schedule/takers.hpp"
#include "schedule/waiting_tasks.hpp"

namespace fanfold {
namespace {

/// More chunks than this are never owed to a rank: a bound for what a peer can ask for.
constexpr std::uint32_t most_wanted = 4096;

}  // namespace

struct Schedule::State {
  State(SchedulePolicy run_policy, IssueOrder order)
      : policy(std::move(run_policy)), waiting(std::move(order)) {
    if (policy.max_failures && policy.failed_before > *policy.max_failures)
      stopped_by_failures = draining = true;
  }

  // ---- ranks ----------------------------------------------------------------------------------------------
  RankWork* live(Rank rank);
  void settle(RankWork& work, double now);
  void file(const RankWork& work);
  void lose(RankWork& work, double now);

  // ---- issuing --------------------------------------------------------------------------------------------
  void serve(RankWork& work, double now);
  void serve_all(double now);
  bool issue(RankWork& work, double now);
  ChunkSituation situation_of(const RankWork& work) const;

  // ---- calling back ---------------------------------------------------------------------------------------
  void call_back(double now);
  RankWork* choose_lender(const RankWork& taker, double now);
  std::uint64_t fair_part(const RankWork& lender, const RankWork& taker, double now) const;
  void end_recall(RankWork& work);

  // ---- what ended -----------------------------------------------------------------------------------------
  double remove(RankWork& work, IssuedChunk& chunk, std::span<const TaskRange> tasks);
  void count(const Report& report, double cost, std::uint32_t slots);
  void drain();

  Pace pace() const { return {cost_seconds.seconds(), policy.long_task_seconds}; }

  SchedulePolicy policy;
  WaitingTasks waiting;
  std::vector<std::optional<RankWork>> ranks;  // by rank; none: not joined
  std::uint64_t live_ranks = 0;
  std::uint64_t all_slots = 0;  // of live ranks

  MeasuredCost cost_seconds;  // per unit of cost
  MeasuredCost task_seconds;  // where that is not the same
  std::uint64_t proven = 0;   // the most tasks per slot in one report

  Takers takers;
  Lenders lenders;  // kept up from the first time that a rank idles
  bool watching_lenders = false;
  std::uint64_t pending_recalls = 0;

  std::vector<Decision> decisions;
  bool draining = false;
  bool stopped_by_failures = false;
  std::uint64_t outstanding = 0;
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;
  std::uint64_t stale = 0;
  std::uint64_t chunks = 0;
};

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

// ---- issuing ----------------------------------------------------------------------------------------------

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

// ---- calling back -----------------------------------------------------------------------------------------

/// While ranks idle and nothing waits: asks those that have unstarted work to return some, one for each idle
/// rank.
void Schedule::State::call_back(double now) {
  if (draining || !waiting.empty() || takers.idle_ranks() == 0) return;
  if (!watching_lenders) {
    watching_lenders = true;
    for (const auto& work : ranks) {
      if (work && !work->lost) file(*work);
    }
  }
  const RankWork& taker = *ranks[static_cast<std::size_t>(takers.next()->value())];
  while (pending_recalls < takers.idle_ranks()) {
    RankWork* lender = choose_lender(taker, now);
    if (!lender) return;
    lender->asked = fair_part(*lender, taker, now);
    ++pending_recalls;
    lenders.remove(lender->rank());
    decisions.push_back(SendRecall{lender->rank(), *lender->asked});
  }
}

/// One whose unstarted work is worth the exchange, or null.
RankWork* Schedule::State::choose_lender(const RankWork& taker, double now) {
  for (const Rank rank : lenders.candidates()) {
    RankWork& lender = *ranks[static_cast<std::size_t>(rank.value())];
    const double seconds = lender.task_seconds(pace()).value_or(policy.long_task_seconds);
    if (static_cast<double>(fair_part(lender, taker, now)) * seconds >= exchange_seconds) return &lender;
  }
  return nullptr;
}

/// How many tasks the lender should give, so that both end at the same time. If there are more idle ranks
/// than lenders, what one gives is for several of them.
std::uint64_t Schedule::State::fair_part(const RankWork& lender, const RankWork& taker, double now) const {
  const std::uint64_t unstarted = lender.unstarted(pace(), now);
  const std::uint64_t lenders_in_all = std::max<std::uint64_t>(lenders.size() + pending_recalls, 1);
  const auto takers_each = static_cast<double>((takers.idle_ranks() + lenders_in_all - 1) / lenders_in_all);
  const double running = static_cast<double>(std::min<std::uint64_t>(lender.outstanding(), lender.slots()));
  const double here = static_cast<double>(unstarted) + running;
  const double there = static_cast<double>(taker.outstanding()) * takers_each;
  const double slots_there = taker.slots() * takers_each;
  double part = std::ceil((here * slots_there - there * lender.slots()) / (lender.slots() + slots_there));
  // Long tasks are for slots that idle now: one more in advance would only move the wait.
  const std::optional<double> seconds = lender.task_seconds(pace());
  if (!seconds || *seconds >= policy.long_task_seconds) {
    part = std::min(part, static_cast<double>(taker.idle_slots()) * takers_each);
  }
  return std::min(unstarted, static_cast<std::uint64_t>(std::max(part, 0.0)));
}

void Schedule::State::end_recall(RankWork& work) {
  if (!work.asked) return;
  work.asked.reset();
  --pending_recalls;
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

}  // namespace fanfold
