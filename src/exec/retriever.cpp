#include "exec/retriever.hpp"

#include <algorithm>
#include <utility>

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

bool uses_temporary_folder(const SourceSpec& spec) {
  return std::ranges::any_of(spec.arguments, [](const SourceArgument& argument) {
    return std::ranges::any_of(argument.templates, [](const auto& entry) { return entry.second.uses_tmp(); });
  });
}

}  // namespace

Retriever::Retriever(PoolContext& context, const Source& source, Resources& resources, std::uint32_t slot)
    : context_(context),
      resources_(resources),
      session_(source.open_session({context.options.rank, slot, context.slots})),
      slot_(slot),
      uses_tmp_(uses_temporary_folder(*context.job.source)),
      demands_(*context.job.source),
      filter_(context.job),
      evaluator_(context.job, context.output_values, nullptr, &context.stop) {}

void Retriever::begin(TaskOfChunk task) {
  const std::string set_aside = task.chunk->work.set_aside();
  const std::size_t ticket = take_ticket();
  begun_[ticket].task = std::move(task);
  ++under_way_;
  if (!set_aside.empty()) return fail_at_once(ticket, set_aside);
  try {
    begin_in_session(ticket);
  } catch (const std::exception& error) {  // of a template, of a folder, of memory: this task's bad luck
    fail_at_once(ticket, error.what());
  }
}

void Retriever::wait(std::chrono::nanoseconds longest, std::vector<RetrievedTask>& ended) {
  if (ended_.empty()) session_->wait(longest, ended_);
  for (EndedRetrieval& each : ended_) ended.push_back(retrieved(std::move(each)));
  ended_.clear();
}

std::size_t Retriever::take_ticket() {
  if (free_tickets_.empty()) {
    begun_.emplace_back();
    return begun_.size() - 1;
  }
  const std::size_t ticket = free_tickets_.back();
  free_tickets_.pop_back();
  return ticket;
}

/// Tasks are made known when they start, unless they are known to be short.
void Retriever::announce(const TaskOfChunk& task) {
  if (context_.cost.mean().value_or(1) <= long_task_seconds) return;
  context_.started.announce(task.chunk->work.id(), {range_of(task.task)}, context_.wake);
}

void Retriever::begin_in_session(std::size_t ticket) {
  Begun& begun = begun_[ticket];
  const TaskIndex task = begun.task.task;
  const Job& job = context_.job;
  if (uses_tmp_) begun.folder = std::make_unique<TemporaryFolder>();
  TemplateContext values;
  values.task = task;
  values.seed = job.seed_of(task);
  values.attempt = begun.task.chunk->work.attempt();
  values.rank = context_.options.rank;
  values.slot = slot_;
  if (begun.folder) values.tmp = begun.folder->path();
  values.params = job.space.params_of(task);
  evaluate_numbers(task);
  if (evaluator_.failures().any())
    return fail_at_once(ticket, evaluator_.failures().failures().front().reason);
  const TaskRange range = range_of(task);
  if (const TaskFilter::Met& met = filter_.of({&range, 1}); !met.failures.empty())
    return fail_at_once(ticket, met.failures.front().reason);
  const TaskShare share = share_of(begun);
  announce(begun.task);
  session_->begin(ticket, {values, numbers_, job.run.timeout, share, context_.options.ranks});
}

/// Waits for what the task takes. Programs, which alone can say that they take something, run one at a time
/// in a session: the thread that waits here holds nothing that others could wait for.
TaskShare Retriever::share_of(Begun& begun) {
  const ExecutorOptions& options = context_.options;
  TaskShare share;
  share.cores = std::max(1U, options.cpus / options.io_threads);
  if (!demands_.any()) return share;
  begun.grant.emplace(resources_.acquire(demands_.of(numbers_, resources_.capacity())));
  if (demands_.has_cores()) share.cores = begun.grant->demand().cores;
  if (demands_.has_gpus()) share.gpus = &begun.grant->gpus();
  return share;
}

void Retriever::evaluate_numbers(TaskIndex task) {
  numbers_.clear();
  const TaskRange range = range_of(task);
  evaluator_.begin({&range, 1});
  for (const SourceArgument& argument : context_.job.source->arguments) {
    if (argument.number) numbers_.push_back(evaluator_.number(*argument.number));
    for (const Operand& operand : argument.range) numbers_.push_back(evaluator_.number(operand));
  }
}

void Retriever::fail_at_once(std::size_t ticket, const std::string& error) {
  EndedRetrieval ended;
  ended.ticket = ticket;
  ended.retrieved.status = Status::failed;
  ended.retrieved.error = error;
  ended.begin = ended.end = Clock::now();
  ended_.push_back(std::move(ended));
}

RetrievedTask Retriever::retrieved(EndedRetrieval ended) {
  Begun& begun = begun_[ended.ticket];
  RetrievedTask task;
  task.task = std::exchange(begun.task, {});
  task.slot = slot_;
  task.start = seconds_between(context_.epoch, ended.begin);
  task.duration = seconds_between(ended.begin, ended.end);
  task.retrieved = std::move(ended.retrieved);
  task.given_back = ended.given_back;
  begun.folder.reset();
  begun.grant.reset();
  free_tickets_.push_back(ended.ticket);
  --under_way_;
  return task;
}

}  // namespace fanfold
