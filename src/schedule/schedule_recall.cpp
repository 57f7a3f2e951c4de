// Schedule's steps that call work back for ranks that idle.
#include <algorithm>
#include <cmath>

#include "schedule/schedule_state.hpp"

namespace fanfold {

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
    const double measured = lender.task_seconds(pace()).value_or(policy.long_task_seconds);
    const double seconds = std::max(measured, lender.overdue_seconds(now));
    if (static_cast<double>(fair_part(lender, taker, now)) * seconds >= exchange_seconds) return &lender;
  }
  return nullptr;
}

/// How many tasks the lender should give, so that both end at the same time. If there are more idle ranks
/// than lenders, what one gives is for several of them.
std::uint64_t Schedule::State::fair_part(const RankWork& lender, const RankWork& taker, double now) const {
  const std::uint64_t unstarted = lender.unstarted(pace(), now);
  const std::uint64_t lenders_in_all = std::max<std::uint64_t>(lenders.size() + pending_recalls, 1);
  const std::uint64_t takers_each = (takers.idle_ranks() + lenders_in_all - 1) / lenders_in_all;
  const double running = static_cast<double>(std::min<std::uint64_t>(lender.outstanding(), lender.slots()));
  const double here = static_cast<double>(unstarted) + running;
  const double there = static_cast<double>(taker.outstanding() * takers_each);
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

}  // namespace fanfold
