// What the two kinds of pools have in common.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "exec/chunk_board.hpp"
#include "exec/end_of_run.hpp"
#include "exec/executor.hpp"
#include "exec/job_kernel.hpp"
#include "exec/output_values.hpp"
#include "exec/report_queue.hpp"
#include "exec/started_tasks.hpp"
#include "exec/task_cost.hpp"

namespace fanfold {

/// What the threads of an executor share. It outlives them.
struct PoolContext {
  PoolContext(const Job& of_job, const ExecutorOptions& with_options, std::uint32_t slot_count,
              std::function<void()> waker)
      : job(of_job),
        options(with_options),
        wake(std::move(waker)),
        output_values(job),
        kernel(job),
        reports(wake),
        board(job, reports, wake),
        slots(slot_count) {}

  const Job& job;
  const ExecutorOptions options;
  const std::function<void()> wake;
  const OutputValues output_values;
  JobKernel kernel;
  const std::chrono::steady_clock::time_point epoch =
      std::chrono::steady_clock::now();  ///< what Outcome::start counts from
  ReportQueue reports;
  ChunkBoard board;
  StartedTasks started;
  TaskCost cost;
  EndOfRun end_of_run;
  std::atomic<std::uint32_t> slots;  ///< tasks that run at the same time; another number now and then

  bool stopped() const { return __atomic_load_n(&stop, __ATOMIC_RELAXED); }
  void request_stop() { __atomic_store_n(&stop, true, __ATOMIC_RELAXED); }
  /// A plain bool, for kernels of other compilers look at it: see Batch::stop_requested.
  bool stop = false;
};

/// Threads that run tasks of the board. They run from construction to destruction, which waits for the board
/// to be closed.
class Pool {
 public:
  virtual ~Pool() = default;
  /// Puts what the threads hold back of tasks that ended into the pending parts of their chunks.
  virtual void collect() = 0;
  /// Tasks that run now.
  virtual std::uint64_t running() const = 0;
  /// Gives back what was begun and only waits for its turn.
  virtual void give_back() {}
  /// Ends what runs as soon as possible. The stop of the context was requested, its board closed.
  virtual void interrupt() = 0;
};

/// For the first line of a thread of a pool: signals are the main thread's business.
void block_signals();

}  // namespace fanfold
