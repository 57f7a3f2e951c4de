#include "exec/task_finisher.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "core/captured_text.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

TaskFinisher::TaskFinisher(PoolContext& context, bool keeps_output)
    : context_(context),
      value_slots_(context.job.value_slots()),
      secrets_(context.job),
      keeps_output_(keeps_output),
      evaluator_(context.job, context.output_values, context.kernel.for_thread(), &context.stop) {}

void TaskFinisher::finish(std::span<RetrievedTask> tasks) {
  const Clock::time_point begin = Clock::now();
  evaluate(tasks);
  if (context_.stopped()) return;
  const double share =
      std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(tasks.size());
  for (const RowFailures::Failure& failure : evaluator_.failures().failures()) {
    tasks[failure.row].retrieved.status = Status::failed;
    tasks[failure.row].retrieved.error = failure.reason;
  }
  for (RetrievedTask& task : tasks) task.duration += share;
  record(tasks);
}

void TaskFinisher::finish_failed(RetrievedTask& task) {
  if (context_.stopped()) return;
  const TaskRange range = range_of(task.task.task);
  evaluator_.begin({&range, 1});
  record({&task, 1});
}

void TaskFinisher::give_back(const TaskOfChunk& task) {
  {
    const MutexLock lock(task.chunk->mutex);
    append(task.chunk->pending.not_run, task.task);
  }
  context_.board.leave(task.chunk);
}

void TaskFinisher::leave_out(const TaskOfChunk& task) {
  {
    const MutexLock lock(task.chunk->mutex);
    append(task.chunk->pending.finished, task.task);
    ++task.chunk->pending.left_out;
  }
  context_.board.leave(task.chunk);
}

void TaskFinisher::evaluate(std::span<RetrievedTask> tasks) {
  std::vector<TaskRange> ranges;
  std::vector<std::string_view> outputs;
  for (const RetrievedTask& task : tasks) {
    ranges.push_back(range_of(task.task.task));
    outputs.push_back(task.retrieved.output);
  }
  evaluator_.begin(ranges);
  for (std::size_t row = 0; row < tasks.size(); ++row)
    evaluator_.set_results(row, tasks[row].retrieved.results);
  evaluator_.evaluate(outputs);
}

/// Puts the outcomes of all rows of the evaluator into the pending parts of their chunks, and leaves those.
void TaskFinisher::record(std::span<RetrievedTask> tasks) {
  for (RetrievedTask& task : tasks) {
    std::string& error = task.retrieved.error;
    if (!error.empty()) error = secrets_.conceal(std::move(error));
  }
  for (std::size_t first = 0; first < tasks.size();) {
    std::size_t end = first + 1;
    while (end < tasks.size() && tasks[end].task.chunk == tasks[first].task.chunk) ++end;
    record_of_chunk(tasks.subspan(first, end - first), first);
    first = end;
  }
}

/// The same for consecutive rows whose tasks are of one chunk.
void TaskFinisher::record_of_chunk(std::span<RetrievedTask> tasks, std::size_t first_row) {
  const BoardChunkPointer chunk = tasks.front().task.chunk;
  {
    const MutexLock lock(chunk->mutex);
    FinishedPart& pending = chunk->pending;
    for (std::size_t first = 0; first < tasks.size();) {
      const bool retried = will_be_retried(tasks[first]);
      std::size_t end = first + 1;
      while (end < tasks.size() && will_be_retried(tasks[end]) == retried) ++end;
      if (!retried) reduce(tasks.subspan(first, end - first), first_row + first, pending.partial);
      for (std::size_t i = first; i < end; ++i) {
        append(retried ? pending.to_retry : pending.finished, tasks[i].task.task);
      }
      first = end;
    }
    double busy = 0;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      busy += tasks[i].duration;
      pending.outcomes.push_back(outcome_of(tasks[i], first_row + i));
    }
    pending.busy += busy;
    context_.cost.add(tasks.size(), busy);
  }
  context_.board.leave(chunk, static_cast<std::uint32_t>(tasks.size()));
}

bool TaskFinisher::will_be_retried(const RetrievedTask& task) const {
  return task.retrieved.status != Status::succeeded && !task.retrieved.is_final &&
         task.task.chunk->work.attempt().value() <= context_.job.run.retries;
}

/// An aggregate whose expression fails on a row makes its task a failed one. That is final: the aggregates
/// know of it.
void TaskFinisher::reduce(std::span<RetrievedTask> tasks, std::size_t first_row, reduce::Partial& partial) {
  if (context_.job.reductions.empty()) return;
  columns_.clear();
  for (const ConstColumn& column : evaluator_.columns()) {
    columns_.push_back(column.size() == 0 ? column : column.rows(first_row, tasks.size()));
  }
  indices_.clear();
  statuses_.clear();
  failures_.reset(tasks.size());
  for (std::size_t row = 0; row < tasks.size(); ++row) {
    const Retrieved& retrieved = tasks[row].retrieved;
    indices_.push_back(tasks[row].task.task);
    statuses_.push_back(retrieved.status);
    if (retrieved.status != Status::succeeded) failures_.fail(row, retrieved.error);
  }
  partial.add({columns_, indices_, statuses_}, failures_, evaluator_.scratch());
  for (const RowFailures::Failure& failure : failures_.failures()) {
    Retrieved& retrieved = tasks[failure.row].retrieved;
    if (retrieved.status != Status::succeeded) continue;
    retrieved.status = Status::failed;
    retrieved.error = failure.reason;
  }
}

Outcome TaskFinisher::outcome_of(RetrievedTask& task, std::size_t row) const {
  Retrieved& retrieved = task.retrieved;
  Outcome outcome;
  outcome.task = task.task.task;
  outcome.attempt = task.task.chunk->work.attempt();
  outcome.status = retrieved.status;
  outcome.rank = context_.options.rank;
  outcome.slot = task.slot;
  outcome.start = task.start;
  outcome.duration = task.duration;
  outcome.exit_code = retrieved.exit_code;
  outcome.signal = retrieved.signal;
  outcome.retry_after = retrieved.retry_after.count();
  outcome.error = std::move(retrieved.error);
  outcome.errors = std::move(retrieved.errors);
  if (keeps_output_) outcome.output = kept(std::move(retrieved.output));
  if (retrieved.status != Status::succeeded) return outcome;
  for (const std::size_t slot : value_slots_) outcome.values.push_back(evaluator_.columns()[slot].value(row));
  return outcome;
}

/// What is printed goes on whole: it is shortened when it has been printed.
std::string TaskFinisher::kept(std::string output) const {
  const RunPolicy& policy = context_.job.run;
  if (context_.job.source->info->may_echo_secrets) output = secrets_.conceal(std::move(output));
  return policy.print == RunPolicy::Print::nothing ? shortened(std::move(output), policy.output_limit)
                                                   : output;
}

}  // namespace fanfold
