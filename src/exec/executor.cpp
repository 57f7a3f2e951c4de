#include "exec/executor.hpp"

#include <algorithm>
#include <cmath>

#include "exec/compute_pool.hpp"
#include "exec/demand.hpp"
#include "exec/report_timer.hpp"
#include "exec/source.hpp"
#include "exec/source_pool.hpp"

namespace fanfold {
namespace {

/// The chunks that a rank asks for ahead at most, however small they are.
constexpr double most_wanted_chunks = 4096;

/// Tasks with a source are reported so many seconds after their end at the latest.
constexpr double source_report_seconds = 0.1;

ExecutorOptions checked(ExecutorOptions options, const Job& job) {
  options.compute_threads = std::max(options.compute_threads, 1U);
  options.io_threads = std::max(options.io_threads, 1U);
  if (!job.source) return options;
  options.report_seconds = std::min(options.report_seconds, source_report_seconds);
  options.slots = options.io_threads;
  const DemandKeys demands(*job.source);
  if (!demands.any()) return options;
  // Where tasks take several slots, fewer threads are enough; and more would wait for what others hold.
  options.io_threads = demands.tasks_at_once(capacity_of(options));
  options.most_io_threads = 0;
  return options;
}

std::unique_ptr<Pool> make_pool(PoolContext& context, std::unique_ptr<const Source> source) {
  if (source) return std::make_unique<SourcePool>(context, std::move(source));
  return std::make_unique<ComputePool>(context);
}

}  // namespace

struct Executor::State {
  State(const Job& job, std::unique_ptr<const Source> source, const ExecutorOptions& options,
        std::function<void()> wake)
      : context(job, options, source ? options.io_threads : options.compute_threads, std::move(wake)),
        pool(make_pool(context, std::move(source))),
        timer(std::chrono::duration<double>(options.report_seconds), [this] { return collect(); }) {}

  /// Reports what ended of chunks that go on. False if there is no chunk. At the end of the run nothing is
  /// waited for that has not really begun.
  bool collect() {
    if (context.end_of_run.is_announced()) pool->give_back();
    pool->collect();
    context.board.flush();
    return !context.board.empty();
  }

  PoolContext context;
  std::unique_ptr<Pool> pool;
  ReportTimer timer;  // after the pool, which it uses
};

Capacity capacity_of(const ExecutorOptions& options) { return {options.slots, options.memory, options.gpus}; }

Executor::Executor(const Job& job, ExecutorOptions options, std::function<void()> wake)
    : Executor(job, job.source ? make_source(job) : nullptr, options, std::move(wake)) {}

Executor::Executor(const Job& job, std::unique_ptr<const Source> source, ExecutorOptions options,
                   std::function<void()> wake)
    : state_(std::make_unique<State>(job, std::move(source), checked(options, job), std::move(wake))) {}

Executor::~Executor() { abandon(); }

void Executor::submit(Chunk chunk) {
  state_->context.board.submit(std::move(chunk));
  state_->timer.start();
}

std::vector<Report> Executor::take_reports() { return state_->context.reports.take(); }

std::vector<ChunkTasks> Executor::take_started() { return state_->context.started.take(); }

void Executor::started_sent() { state_->context.started.note_sent(); }

std::vector<ChunkTasks> Executor::recall(std::uint64_t tasks) { return state_->context.board.recall(tasks); }

std::uint32_t Executor::wanted_chunks(double latency) const {
  const ChunkBoard::Stock stock = state_->context.board.stock();
  const double chunk_tasks = stock.mean_chunk;
  const double slot_count = slots();
  double wanted = stock.whole_chunks == 0 ? 1 : 0;
  if (chunk_tasks == 0) return static_cast<std::uint32_t>(wanted);

  const double unstarted = static_cast<double>(stock.unstarted);
  const std::optional<double> cost = state_->context.cost.mean();
  const double idle_slots = std::max(0.0, slot_count - static_cast<double>(running()));
  // No slot stays idle …
  wanted = std::max(wanted, std::ceil((idle_slots - unstarted) / chunk_tasks));
  // … nor will before the answer comes.
  if (cost && *cost > 0) {
    const double tasks_until_answer = latency * slot_count / *cost;
    wanted = std::max(wanted, std::ceil((tasks_until_answer - unstarted) / chunk_tasks));
  }
  // Long tasks wait where they can be given to anybody: one for each slot is here at most.
  if (cost && *cost > long_task_seconds) {
    wanted = std::min(wanted, std::ceil((idle_slots + slot_count - unstarted) / chunk_tasks));
  }
  return static_cast<std::uint32_t>(std::clamp(wanted, 0.0, most_wanted_chunks));
}

std::uint64_t Executor::unstarted() const { return state_->context.board.stock().unstarted; }

std::uint64_t Executor::running() const { return state_->pool->running(); }

bool Executor::idle() const {
  // In this order: a chunk leaves the board after its last report came into the queue.
  return state_->context.board.empty() && state_->context.reports.empty();
}

void Executor::expect_end() { state_->context.end_of_run.announce(); }

void Executor::abandon() {
  PoolContext& context = state_->context;
  context.request_stop();
  context.end_of_run.announce();
  context.kernel.interrupt();
  state_->collect();
  context.board.close();
  context.reports.close();
  state_->pool->interrupt();
}

std::uint32_t Executor::slots() const { return state_->context.slots; }

}  // namespace fanfold
