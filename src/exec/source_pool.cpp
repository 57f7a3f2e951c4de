#include "exec/source_pool.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <system_error>

namespace fanfold {
namespace {

/// Retrieved tasks that wait, for each compute thread.
constexpr std::size_t waiting_per_thread = 4;

/// How long a thread that could begin more tasks waits for those that are under way before it looks for more.
constexpr std::chrono::milliseconds retrieval_look{5};
constexpr std::chrono::minutes long_wait{1};
/// A session that waits for all tasks of a rank has so many under way, unless the job says how many.
constexpr std::uint32_t most_in_one_session = 256;

std::optional<PoolSize::Limits> limits_of(const PoolContext& context, const Source& source) {
  const ExecutorOptions& options = context.options;
  if (options.most_io_threads <= options.io_threads || !source.may_have_many_threads()) return std::nullopt;
  if (source.has_one_session()) return std::nullopt;
  // Threads that wait for cores or memory would look as if they worked.
  if (DemandKeys(*context.job.source).any()) return std::nullopt;
  return PoolSize::Limits{options.io_threads, options.most_io_threads};
}

/// Schedulers end a whole allocation by a signal to all of its processes: programs of tasks get it as well. A
/// shell reports the signal of its program as 128 and more.
bool may_end_with_run(const Retrieved& retrieved) {
  if (retrieved.status != Status::failed) return false;
  const int signal = retrieved.signal != 0 ? retrieved.signal : retrieved.exit_code - 128;
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGUSR1 ||
         signal == SIGUSR2 || signal == SIGKILL;
}

}  // namespace

SourcePool::SourcePool(PoolContext& context, std::unique_ptr<const Source> source)
    : context_(context),
      source_(std::move(source)),
      resources_(capacity_of(context.options)),
      to_compute_(waiting_per_thread * context.options.compute_threads, context.options.compute_threads),
      sizer_(context.options.io_threads, limits_of(context, *source_), [this] { return running(); }) {
  if (source_->has_one_session() && context.options.most_io_threads > 0) context.slots = most_in_one_session;
  try {
    start_threads();
  } catch (...) {
    context.board.close();  // no thread is left waiting when those that did start are joined
    close();
    throw;
  }
}

void SourcePool::start_threads() {
  start_io_threads();
  if (!context_.job.kernel) return;
  for (std::uint32_t thread = 0; thread < context_.options.compute_threads; ++thread) {
    compute_threads_.emplace_back([this] { compute_tasks(); });
  }
}

void SourcePool::start_io_threads() {
  const MutexLock lock(threads_mutex_);
  const std::uint32_t wanted = source_->has_one_session() ? 1 : sizer_.size();
  while (!closing_ && io_threads_.size() < wanted) {
    const auto slot = static_cast<std::uint32_t>(io_threads_.size());
    io_threads_.emplace_back([this, slot] { retrieve_tasks(slot); });
  }
}

/// As many I/O threads as the sizer wants now.
void SourcePool::resize() {
  try {
    start_io_threads();
  } catch (const std::system_error&) {
    // The system has no more threads for us: those that there are go on.
  }
  context_.slots.store(sizer_.size(), std::memory_order_relaxed);
  context_.wake();
}

SourcePool::~SourcePool() { close(); }

/// Joins the I/O threads, none of which waits on the board any more.
void SourcePool::close() {
  to_compute_.close();
  sizer_.close();
  std::vector<std::jthread> threads;
  {
    const MutexLock lock(threads_mutex_);
    closing_ = true;
    threads.swap(io_threads_);
  }
}

void SourcePool::interrupt() {
  to_compute_.close();
  resources_.close();
  source_->interrupt();
}

void SourcePool::retrieve_tasks(std::uint32_t slot) {
  block_signals();
  bind_to_cpu(slot);
  Retriever retriever(context_, *source_, resources_, slot);
  TaskFinisher finisher(context_, source_->keeps_output());
  std::vector<RetrievedTask> ended;
  while (begin_tasks(slot, retriever, finisher)) {
    retriever.wait(retriever.room() > 0 ? retrieval_look : long_wait, ended);
    pass_on(ended, finisher);
    ended.clear();
  }
}

/// Begins tasks while there is room, and waits for them if none is under way. False: the board is closed.
bool SourcePool::begin_tasks(std::uint32_t slot, Retriever& retriever, TaskFinisher& finisher) {
  while (const std::size_t room = retriever.room()) {
    const bool waits = retriever.idle();
    if (waits && !sizer_.wait_for_room(slot)) return false;
    TasksOfChunk taken = context_.board.try_enter_for_tasks(room, context_.slots);
    if (!taken.chunk && waits) {
      taken = context_.board.enter_for_tasks(room, context_.slots);
      sizer_.on_starved();
    }
    if (!taken.chunk) return !waits;
    for (const TaskRange& range : taken.tasks) {
      for (std::uint64_t task = range.begin; task < range.end; ++task) {
        if (retriever.meets(TaskIndex(task))) {
          retriever.begin({taken.chunk, TaskIndex(task)});
        } else {
          finisher.leave_out({taken.chunk, TaskIndex(task)});
        }
      }
    }
  }
  return true;
}

/// Finishes retrieved tasks, or hands them to the compute threads.
void SourcePool::pass_on(std::vector<RetrievedTask>& tasks, TaskFinisher& finisher) {
  if (sizer_.adapts()) note_ended(tasks);
  const auto succeeded = [](const RetrievedTask& task) { return task.retrieved.status == Status::succeeded; };
  const auto failed = std::stable_partition(tasks.begin(), tasks.end(), succeeded);
  for (auto task = failed; task != tasks.end(); ++task) {
    const bool not_run =
        task->given_back || (may_end_with_run(task->retrieved) && context_.end_of_run.is_near());
    if (not_run) {
      finisher.give_back(task->task);
    } else {
      finisher.finish_failed(*task);
    }
  }
  if (!context_.job.kernel) {
    if (failed != tasks.begin()) finisher.finish({tasks.begin(), failed});
    return;
  }
  for (auto task = tasks.begin(); task != failed; ++task) to_compute_.push(std::move(*task));
}

void SourcePool::note_ended(const std::vector<RetrievedTask>& tasks) {
  bool is_other = false;
  for (const RetrievedTask& task : tasks) {
    const auto begin = context_.epoch + std::chrono::duration_cast<PoolSizer::Clock::duration>(
                                            std::chrono::duration<double>(task.start));
    const bool failed = task.retrieved.status != Status::succeeded;
    is_other |= sizer_.on_ended(begin, task.duration, failed);
  }
  if (is_other) resize();
}

void SourcePool::compute_tasks() {
  block_signals();
  TaskFinisher finisher(context_, source_->keeps_output());
  for (;;) {
    std::vector<RetrievedTask> tasks = to_compute_.take_share();
    if (tasks.empty()) return;
    finisher.finish(tasks);
  }
}

void SourcePool::bind_to_cpu(std::uint32_t slot) const {
  if (!source_->starts_programs() || !cpus_) return;
  // Ranks of one host begin at different CPUs.
  const auto rank = static_cast<std::uint32_t>(context_.options.rank.value());
  bind_this_thread(*cpus_, rank * context_.options.io_threads + slot);
}

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace fanfold
