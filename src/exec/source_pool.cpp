#include "exec/source_pool.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>

#include "exec/batch_evaluator.hpp"
#include "exec/task_finisher.hpp"
#include "exec/temporary_folder.hpp"
#include "job/task_filter.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// Retrieved tasks that wait, for each compute thread.
constexpr std::size_t waiting_per_thread = 4;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

bool uses_temporary_folder(const SourceSpec& spec) {
  return std::ranges::any_of(spec.arguments, [](const SourceArgument& argument) {
    return std::ranges::any_of(argument.templates, [](const auto& entry) { return entry.second.uses_tmp(); });
  });
}

Retrieved failure(const std::string& error) {
  Retrieved retrieved;
  retrieved.status = Status::failed;
  retrieved.error = error;
  return retrieved;
}

TaskRange range_of(TaskIndex task) { return {task.value(), task.value() + 1}; }

}  // namespace

/// Runs the source. One for each I/O thread.
class SourcePool::Retriever {
 public:
  Retriever(PoolContext& context, const Source& source, std::uint32_t slot)
      : context_(context),
        source_(source),
        slot_(slot),
        uses_tmp_(uses_temporary_folder(*context.job.source)),
        filter_(context.job),
        evaluator_(context.job, context.output_values, &context.stop) {}

  /// False: the task does not meet `where` and is not to be run.
  bool meets(TaskIndex task) { return filter_.meets(task); }

  RetrievedTask run(TaskOfChunk task) {
    announce(task);
    const Clock::time_point begin = Clock::now();
    RetrievedTask result;
    result.slot = slot_;
    result.start = seconds_between(context_.epoch, begin);
    try {
      result.retrieved = retrieve(task);
    } catch (const std::exception& error) {  // of a template, of a folder, of memory: this task's bad luck
      result.retrieved = failure(error.what());
    }
    const Clock::time_point end = Clock::now();
    result.duration = seconds_between(begin, end);
    result.task = std::move(task);
    return result;
  }

 private:
  /// Tasks are made known when they start, unless they are known to be short.
  void announce(const TaskOfChunk& task) {
    if (context_.cost.mean().value_or(1) <= long_task_seconds) return;
    context_.started.add(task.chunk->work.id(), {range_of(task.task)});
    context_.wake();
  }

  Retrieved retrieve(const TaskOfChunk& task) {
    const Job& job = context_.job;
    std::optional<TemporaryFolder> folder;
    if (uses_tmp_) folder.emplace();
    TemplateContext values;
    values.task = task.task;
    values.seed = job.seed_of(task.task);
    values.attempt = task.chunk->work.attempt();
    values.rank = context_.options.rank;
    values.slot = slot_;
    if (folder) values.tmp = folder->path();
    values.params = job.space.params_of(task.task);
    evaluate_numbers(task.task);
    if (evaluator_.failures().any()) return failure(evaluator_.failures().failures().front().reason);
    const TaskRange range = range_of(task.task);
    if (const TaskFilter::Met& met = filter_.of({&range, 1}); !met.failures.empty())
      return failure(met.failures.front().reason);
    return source_.retrieve({values, numbers_, job.run.timeout});
  }

  void evaluate_numbers(TaskIndex task) {
    numbers_.clear();
    const TaskRange range = range_of(task);
    evaluator_.begin({&range, 1});
    for (const SourceArgument& argument : context_.job.source->arguments) {
      if (argument.number) numbers_.push_back(evaluator_.number(*argument.number));
    }
  }

  PoolContext& context_;
  const Source& source_;
  const std::uint32_t slot_;
  const bool uses_tmp_;
  TaskFilter filter_;
  BatchEvaluator evaluator_;
  std::vector<double> numbers_;
};

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
  for (;;) {
    TaskOfChunk task = context_.board.enter_for_task();
    if (!task.chunk) return;
    if (!retriever.meets(task.task)) {
      finisher.leave_out(task);
      continue;
    }
    RetrievedTask retrieved = retriever.run(std::move(task));
    if (retrieved.retrieved.status != Status::succeeded) {
      finisher.finish_failed(retrieved);
    } else if (context_.job.kernel) {
      to_compute_.push(std::move(retrieved));
    } else {
      finisher.finish({&retrieved, 1});
    }
  }
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
