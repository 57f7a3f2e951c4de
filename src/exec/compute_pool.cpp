#include "exec/compute_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "exec/batch_evaluator.hpp"
#include "exec/kept_run.hpp"
#include "job/task_filter.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// What one claim should take: long against the claim itself and the clock, short against the patience of
/// whoever recalls tasks.
constexpr double claim_seconds = 50e-6;
/// Longer where values are kept, for each KeptColumns holds the tasks of consecutive claims only, and where a
/// claim goes to another process.
constexpr double long_claim_seconds = 1e-3;

/// Rows of one batch at most: a handful of columns fits into the second-level cache.
constexpr std::uint64_t most_rows = 4096;

/// A batch has at most so many times the tasks of the one before: the first tasks may be cheaper than those
/// that follow.
constexpr std::uint64_t most_growth = 8;

/// A part with more failed tasks is reported early, so that the memory does not grow with the failures of a
/// chunk.
constexpr std::size_t most_failures = 10'000;

/// How many tasks to claim, by what the last ones cost.
class ClaimSize {
 public:
  ClaimSize(bool keeps_values, bool is_isolated)
      : target_seconds_(keeps_values || is_isolated ? long_claim_seconds : claim_seconds),
        most_tasks_(keeps_values ? KeptRun::most_tasks : most_rows) {}

  std::uint64_t tasks() const { return tasks_; }

  void adapt(std::uint64_t tasks, double seconds) {
    const double cost = std::max(seconds / static_cast<double>(tasks), 1e-12);
    // Up at once, down by halves: a costly task among cheap ones may be the first of many.
    cost_ = std::max(cost, 0.5 * (cost_ + cost));
    const double wanted = std::min(target_seconds_ / cost_, static_cast<double>(most_tasks_));
    tasks_ = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, tasks_ * most_growth);
  }

 private:
  double target_seconds_;
  std::uint64_t most_tasks_;
  double cost_ = 0;  // seconds for each task
  std::uint64_t tasks_ = 1;
};

}  // namespace

/// One thread of the pool. `run` is the thread's; the others may be called by any thread.
class ComputePool::Worker {
 public:
  explicit Worker(PoolContext& context)
      : context_(context),
        keeps_values_(context.job.keeps_values()),
        filter_(context.job),
        evaluator_(context.job, context.output_values, context.kernel.for_thread(), &context.stop),
        claim_size_(keeps_values_, context.job.kernel && context.job.kernel->isolate),
        kept_(context.job),
        part_(context.job) {}

  void run() {
    while (const BoardChunkPointer chunk = context_.board.enter()) {
      enter(*chunk);
      compute(*chunk);
      leave();
      context_.board.leave(chunk);
    }
  }

  void collect() {
    const MutexLock lock(mutex_);
    if (chunk_ != nullptr) move_part();
  }

  std::uint64_t running() const { return running_.load(std::memory_order_relaxed); }

 private:
  void enter(BoardChunk& chunk) {
    const MutexLock lock(mutex_);
    chunk_ = &chunk;
  }

  void leave() {
    const MutexLock lock(mutex_);
    part_.busy += std::exchange(busy_, 0);
    move_part();
    chunk_ = nullptr;
  }

  /// Computes tasks of the chunk until none is unstarted.
  void compute(BoardChunk& chunk) {
    Clock::time_point begin = Clock::now();
    for (;;) {
      context_.reports.wait_for_room();
      claimed_.clear();
      const std::uint64_t count = chunk.work.claim(claim_size_.tasks(), claimed_);
      if (count == 0 || context_.stopped()) break;
      running_.store(count, std::memory_order_relaxed);
      announce(chunk, count);
      compute_claimed(chunk.work.set_aside());
      const Clock::time_point end = Clock::now();
      running_.store(0, std::memory_order_relaxed);
      note_cost(count, std::chrono::duration<double>(end - begin).count());
      begin = end;
    }
  }

  /// Long tasks are made known when they start.
  void announce(const BoardChunk& chunk, std::uint64_t count) {
    if (count > 1 || !chunk.work.set_aside().empty() || context_.cost.mean().value_or(0) <= long_task_seconds)
      return;
    context_.started.announce(chunk.work.id(), claimed_, context_.wake);
  }

  void compute_claimed(const std::string& set_aside) {
    batch_.clear();
    std::uint64_t rows = 0;
    for (TaskRange range : claimed_) {
      while (!range.empty()) {
        const std::uint64_t count = std::min(range.size(), most_rows - rows);
        batch_.push_back({range.begin, range.begin + count});
        range.begin += count;
        rows += count;
        if (rows == most_rows) {
          compute_batch(set_aside);
          batch_.clear();
          rows = 0;
        }
      }
    }
    if (rows > 0) compute_batch(set_aside);
  }

  void compute_batch(const std::string& set_aside) {
    if (context_.stopped()) return;
    const TaskFilter::Met& met = filter_.of(batch_);
    evaluator_.begin(met.tasks);
    for (const TaskFilter::Failure& failure : met.failures) evaluator_.fail(failure.task, failure.reason);
    if (!set_aside.empty()) {
      evaluator_.fail_all(set_aside);
    } else if (evaluator_.rows() > 0) {
      evaluator_.evaluate({});
    }
    if (context_.stopped()) return;  // the kernel may have returned early
    const MutexLock lock(mutex_);
    for (const TaskRange& range : batch_) append(part_.finished, range);
    part_.left_out += size_of(batch_) - evaluator_.rows();
    if (evaluator_.rows() > 0) add_batch(met.tasks);
    if (part_.failed_count() > most_failures) report_early();
  }

  void add_batch(const TaskList& tasks) FANFOLD_REQUIRES(mutex_) {
    RowFailures& failures = evaluator_.failures();
    part_.busy += std::exchange(busy_, 0);
    if (!context_.job.reductions.empty()) {
      part_.partial.add({evaluator_.columns(), evaluator_.tasks(), {}}, failures, evaluator_.scratch());
    }
    for (const RowFailures::Failure& failure : failures.failures()) {
      part_.fail(evaluator_.tasks()[failure.row], failure.reason);
    }
    std::size_t row = 0;
    for (const TaskRange& range : tasks) {
      if (keeps_values_) kept_.add(range, evaluator_.columns(), row, failures, part_.columns);
      row += range.size();
    }
  }

  void report_early() FANFOLD_REQUIRES(mutex_) {
    BoardChunk& chunk = *chunk_;
    move_part();
    context_.board.flush(chunk);
  }

  void note_cost(std::uint64_t count, double seconds) {
    claim_size_.adapt(count, seconds);
    context_.cost.add(count, seconds);
    busy_ += seconds;
  }

  void move_part() FANFOLD_REQUIRES(mutex_) {
    kept_.seal(part_.columns);
    const MutexLock lock(chunk_->mutex);
    chunk_->pending.merge(part_);
  }

  PoolContext& context_;
  const bool keeps_values_;
  TaskFilter filter_;
  BatchEvaluator evaluator_;
  ClaimSize claim_size_;
  TaskList claimed_;
  TaskList batch_;
  double busy_ = 0;  // seconds that are in no part yet
  std::atomic<std::uint64_t> running_ = 0;

  Mutex mutex_;
  BoardChunk* chunk_ FANFOLD_GUARDED_BY(mutex_) =
      nullptr;  // that `part_` belongs to; the board holds it for us
  KeptRun kept_ FANFOLD_GUARDED_BY(mutex_);
  FinishedPart part_ FANFOLD_GUARDED_BY(mutex_);
};

ComputePool::ComputePool(PoolContext& context) {
  for (std::uint32_t i = 0; i < context.slots; ++i) workers_.push_back(std::make_unique<Worker>(context));
  try {
    for (const auto& worker : workers_) {
      threads_.emplace_back([&worker = *worker] {
        block_signals();
        worker.run();
      });
    }
  } catch (...) {
    context.board.close();  // no thread is left waiting when those that did start are joined
    throw;
  }
}

ComputePool::~ComputePool() = default;

void ComputePool::collect() {
  for (const auto& worker : workers_) worker->collect();
}

std::uint64_t ComputePool::running() const {
  std::uint64_t running = 0;
  for (const auto& worker : workers_) running += worker->running();
  return running;
}

}  // namespace fanfold
