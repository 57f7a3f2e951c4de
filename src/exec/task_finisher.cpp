#include "exec/task_finisher.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "exec/captured_text.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

TaskRange range_of(TaskIndex task) { return {task.value(), task.value() + 1}; }

}  // namespace

TaskFinisher::TaskFinisher(PoolContext& context, bool keeps_output)
    : context_(context),
      value_slots_(context.job.value_slots()),
      keeps_output_(keeps_output),
      evaluator_(context.job, context.output_values, &context.stop) {}

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
  for (std::size_t row = 0; row < tasks.size(); ++row) {
    tasks[row].duration += share;
    record(tasks[row], row);
  }
}

void TaskFinisher::finish_failed(RetrievedTask& task) {
  if (context_.stopped()) return;
  const TaskRange range = range_of(task.task.task);
  evaluator_.begin({&range, 1});
  record(task, 0);
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

/// Puts the outcome of a row into the pending part of its chunk, and leaves the chunk.
void TaskFinisher::record(RetrievedTask& task, std::size_t row) {
  const BoardChunkPointer chunk = task.task.chunk;
  context_.cost.add(1, task.duration);
  {
    const MutexLock lock(chunk->mutex);
    FinishedPart& pending = chunk->pending;
    pending.busy += task.duration;
    if (will_be_retried(task)) {
      append(pending.to_retry, task.task.task);
    } else {
      reduce(task, row, pending.partial);
      append(pending.finished, task.task.task);
    }
    pending.outcomes.push_back(outcome_of(task, row));
  }
  context_.board.leave(chunk);
}

bool TaskFinisher::will_be_retried(const RetrievedTask& task) const {
  return task.retrieved.status != Status::succeeded &&
         task.task.chunk->work.attempt().value() <= context_.job.run.retries;
}

/// An aggregate whose expression fails on the row makes the task a failed one. That is final: the
/// aggregates know of it.
void TaskFinisher::reduce(RetrievedTask& task, std::size_t row, reduce::Partial& partial) {
  const reduce::Plan& plan = context_.job.reductions;
  Retrieved& retrieved = task.retrieved;
  const bool succeeded = retrieved.status == Status::succeeded;
  if (plan.empty() || (!succeeded && !plan.sees_failures())) return;
  row_columns_.clear();
  for (const ConstColumn& column : evaluator_.columns()) {
    row_columns_.push_back(column.size() == 0 ? column : column.rows(row, 1));
  }
  row_failures_.reset(1);
  if (!succeeded) row_failures_.fail(0, retrieved.error);
  partial.add({row_columns_, {&task.task.task, 1}, {&retrieved.status, 1}}, row_failures_,
              evaluator_.scratch());
  if (succeeded && row_failures_.any()) {
    retrieved.status = Status::failed;
    retrieved.error = row_failures_.failures().front().reason;
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
  if (keeps_output_) outcome.output = shortened(std::move(retrieved.output));
  if (retrieved.status != Status::succeeded) return outcome;
  for (const std::size_t slot : value_slots_) outcome.values.push_back(evaluator_.columns()[slot].value(row));
  return outcome;
}

std::string TaskFinisher::shortened(std::string output) const {
  if (output.size() <= context_.options.output_limit) return output;
  CapturedHead head(context_.options.output_limit);
  head.add(output);
  return head.take();
}

}  // namespace fanfold
