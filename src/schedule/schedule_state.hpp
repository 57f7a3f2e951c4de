// The inside of Schedule: all of its state, and the steps that its events share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "schedule/chunk_size.hpp"
#include "schedule/issue_order.hpp"
#include "schedule/lenders.hpp"
#include "schedule/measured_cost.hpp"
#include "schedule/rank_work.hpp"
#include "schedule/resting_tasks.hpp"
#include "schedule/schedule.hpp"
#include "schedule/takers.hpp"
#include "schedule/waiting_tasks.hpp"

namespace fanfold {

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
  enum class Loss {
    died,
    broken  ///< it breaks the rules
  };
  void lose(RankWork& work, Loss loss, double now);
  void put_back(const RankWork& work, Loss loss);
  static std::vector<TaskSet> tasks_that_may_have_begun(const RankWork& work);
  void suspect(const IssuedChunk& chunk, const TaskSet& tasks);

  // ---- issuing --------------------------------------------------------------------------------------------
  void serve(RankWork& work, double now);
  void serve_all(double now);
  bool issue(RankWork& work, double now);
  WaitingTasks::For tasks_for(const RankWork& work) const;
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
  void let_rest(const Report& report, Attempt attempt, double now);
  double rest_of(std::uint64_t task, Attempt attempt) const;

  Pace pace() const { return {cost_seconds.seconds(), policy.long_task_seconds}; }

  SchedulePolicy policy;
  WaitingTasks waiting;
  RestingTasks resting;
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
  std::vector<Blame> blames;
  bool draining = false;
  bool stopped_by_failures = false;
  std::uint64_t outstanding = 0;
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;
  std::uint64_t stale = 0;
  std::uint64_t chunks = 0;
};

}  // namespace fanfold
