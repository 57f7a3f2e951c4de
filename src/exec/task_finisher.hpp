// From what was retrieved for a task to its outcome.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "exec/batch_evaluator.hpp"
#include "exec/pool.hpp"
#include "exec/secrets.hpp"
#include "exec/source.hpp"

namespace fanfold {

/// What an I/O thread retrieved for a task.
struct RetrievedTask {
  TaskOfChunk task;
  std::uint32_t slot = 0;
  double start = 0;     ///< seconds since the epoch of the context
  double duration = 0;  ///< seconds that threads worked on it; waiting for a compute thread is not work
  Retrieved retrieved;
  bool given_back = false;  ///< nothing was done for it; `retrieved` has no success
};

/// Computes kernel and values of retrieved tasks, puts their outcomes into the pending parts of their chunks,
/// and leaves those. Once the context is stopped, tasks are dropped. One for each thread that finishes tasks.
class TaskFinisher {
 public:
  TaskFinisher(PoolContext& context, bool keeps_output);

  /// Finishes tasks whose source succeeded, as one batch; they need not be of one chunk.
  void finish(std::span<RetrievedTask> tasks);

  /// A task that does not meet `where` is finished, and nothing else.
  void leave_out(const TaskOfChunk& task);

  /// A task that was ended together with the run counts as not run.
  void give_back(const TaskOfChunk& task);

  /// Finishes a task whose source failed.
  void finish_failed(RetrievedTask& task);

 private:
  void evaluate(std::span<RetrievedTask> tasks);
  void record(std::span<RetrievedTask> tasks);
  void record_of_chunk(std::span<RetrievedTask> tasks, std::size_t first_row);
  bool will_be_retried(const RetrievedTask& task) const;
  void reduce(std::span<RetrievedTask> tasks, std::size_t first_row, reduce::Partial& partial);
  Outcome outcome_of(RetrievedTask& task, std::size_t row) const;
  std::string kept(std::string output) const;

  PoolContext& context_;
  const std::vector<std::size_t> value_slots_;
  const Secrets secrets_;
  const bool keeps_output_;
  BatchEvaluator evaluator_;
  // Of some rows of the evaluator:
  std::vector<ConstColumn> columns_;
  std::vector<TaskIndex> indices_;
  std::vector<Status> statuses_;
  RowFailures failures_;
};

}  // namespace fanfold
