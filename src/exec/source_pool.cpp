#include "exec/source_pool.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

namespace fanfold {
namespace {

/// Retrieved tasks that wait, for each compute thread.
constexpr std::size_t waiting_per_thread = 4;

/// How long a thread that could begin more tasks waits for those that are under way before it looks for more.
constexpr std::chrono::milliseconds look_interval{5};
constexpr std::chrono::minutes long_wait{1};

}  // namespace

SourcePool::SourcePool(PoolContext& context, std::unique_ptr<const Source> source)
    : context_(context),
      source_(std::move(source)),
      to_compute_(waiting_per_thread * context.options.compute_threads, context.options.compute_threads) {
  try {
    start_threads();
  } catch (...) {
    context.board.close();  // no thread is left waiting when those that did start are joined
    to_compute_.close();
    throw;
  }
}

void SourcePool::start_threads() {
  for (std::uint32_t slot = 0; slot < context_.options.io_threads; ++slot) {
    threads_.emplace_back([this, slot] { retrieve_tasks(slot); });
  }
  if (!context_.job.kernel) return;
  for (std::uint32_t thread = 0; thread < context_.options.compute_threads; ++thread) {
    threads_.emplace_back([this] { compute_tasks(); });
  }
}

SourcePool::~SourcePool() { to_compute_.close(); }

void SourcePool::interrupt() {
  to_compute_.close();
  source_->interrupt();
}

void SourcePool::retrieve_tasks(std::uint32_t slot) {
  block_signals();
  bind_to_cpu(slot);
  Retriever retriever(context_, *source_, slot);
  TaskFinisher finisher(context_, source_->keeps_output());
  std::vector<RetrievedTask> ended;
  while (begin_tasks(retriever, finisher)) {
    retriever.wait(retriever.room() > 0 ? look_interval : long_wait, ended);
    pass_on(ended, finisher);
    ended.clear();
  }
}

/// Begins tasks while there is room, and waits for them if none is under way. False: the board is closed.
bool SourcePool::begin_tasks(Retriever& retriever, TaskFinisher& finisher) {
  while (const std::size_t room = retriever.room()) {
    const bool waits = retriever.idle();
    const TasksOfChunk taken = waits ? context_.board.enter_for_tasks(room, context_.slots)
                                     : context_.board.try_enter_for_tasks(room, context_.slots);
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
  const auto succeeded = [](const RetrievedTask& task) { return task.retrieved.status == Status::succeeded; };
  const auto failed = std::stable_partition(tasks.begin(), tasks.end(), succeeded);
  for (auto task = failed; task != tasks.end(); ++task) finisher.finish_failed(*task);
  if (!context_.job.kernel) {
    if (failed != tasks.begin()) finisher.finish({tasks.begin(), failed});
    return;
  }
  for (auto task = tasks.begin(); task != failed; ++task) to_compute_.push(std::move(*task));
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
