#include "exec/batch_evaluator.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "kernel/run_kernel.hpp"

namespace fanfold {
namespace {

void fill_column(ColumnBuffer& column, const Value& value, std::size_t rows) {
  column.reset(type_of(value), rows);
  switch (type_of(value)) {
    case Type::integer:
      std::ranges::fill(column.integers(), std::get<std::int64_t>(value));
      break;
    case Type::real:
      std::ranges::fill(column.reals(), std::get<double>(value));
      break;
    case Type::text:
      std::ranges::fill(column.texts(), std::string_view(std::get<std::string>(value)));
      break;
  }
}

/// Zeros, or empty texts.
void blank_column(ColumnBuffer& column, Type type, std::size_t rows) {
  column.reset(type, rows);
  if (type == Type::integer) std::ranges::fill(column.integers(), 0);
  if (type == Type::real) std::ranges::fill(column.reals(), 0.0);
}

}  // namespace

BatchEvaluator::BatchEvaluator(const Job& job, const OutputValues& output_values, const Kernel* kernel,
                               const bool* stop)
    : job_(job),
      output_values_(output_values),
      kernel_(kernel),
      stop_(stop),
      buffers_(job.scope.column_count()),
      columns_(job.scope.column_count()) {
  if (job.kernel) operands_.resize(job.kernel->parameters.size());
  if (job.kernel) parameters_.resize(job.kernel->parameters.size());
  find_needed_params();
}

void BatchEvaluator::find_needed_params() {
  std::set<std::size_t> needed(job_.reductions.slots().begin(), job_.reductions.slots().end());
  const auto add_program = [&](const expr::Program& program) {
    needed.insert(program.slots().begin(), program.slots().end());
  };
  const auto add_operand = [&](const Operand& operand) {
    if (const auto* slot = std::get_if<std::size_t>(&operand)) needed.insert(*slot);
    if (const auto* program = std::get_if<expr::Program>(&operand)) add_program(*program);
  };
  if (job_.source) {
    for (const SourceArgument& argument : job_.source->arguments) {
      if (argument.number) add_operand(*argument.number);
      std::ranges::for_each(argument.range, add_operand);
    }
  }
  if (job_.kernel) std::ranges::for_each(job_.kernel->parameters, add_operand);
  if (job_.kernel && job_.kernel->input) needed.insert(*job_.kernel->input);
  for (const ValueSpec& value : job_.values) {
    if (const auto* program = std::get_if<expr::Program>(&value.how)) add_program(*program);
  }
  // A task on which one fails is to fail, whatever uses it.
  for (std::size_t slot = 0; slot < job_.param_slots; ++slot) {
    if (job_.space.program(slot) != nullptr) needed.insert(slot);
  }
  needed_params_.assign(needed.begin(), needed.lower_bound(job_.param_slots));
}

void BatchEvaluator::begin(std::span<const TaskRange> tasks) {
  std::size_t rows = 0;
  for (const TaskRange& range : tasks) rows += range.size();
  tasks_.resize(rows);
  streams_.resize(job_.kernel ? rows : 0);
  std::size_t row = 0;
  for (const TaskRange& range : tasks) {
    for (std::uint64_t task = range.begin; task < range.end; ++task) tasks_[row++] = TaskIndex(task);
  }
  for (std::size_t index = 0; index < streams_.size(); ++index)
    streams_[index] = job_.stream_of(tasks_[index]);
  failures_.reset(rows);
  fill_params(tasks);
  if (job_.source) blank_results();
}

void BatchEvaluator::fail(TaskIndex task, std::string_view reason) {
  const auto row = std::ranges::find(tasks_, task);
  assert(row != tasks_.end());
  failures_.fail(static_cast<std::size_t>(row - tasks_.begin()), reason);
}

void BatchEvaluator::fail_all(std::string_view reason) {
  blank_results();
  for (std::size_t row = 0; row < rows(); ++row) failures_.fail(row, reason);
}

void BatchEvaluator::fill_params(std::span<const TaskRange> tasks) {
  for (const std::size_t slot : needed_params_) {
    ColumnBuffer& buffer = buffers_[slot];
    buffer.reset(job_.space.type(slot), rows());
    std::size_t row = 0;
    for (const TaskRange& range : tasks) {
      job_.space.fill(slot, TaskIndex(range.begin), range.size(), buffer, row, &failures_);
      row += range.size();
    }
    columns_[slot] = buffer.view();
  }
}

void BatchEvaluator::blank_results() {
  for (const expr::Scope::Entry& entry : job_.scope.entries()) {
    if (entry.constant || entry.slot < job_.param_slots) continue;
    blank_column(buffers_[entry.slot], entry.type, rows());
    columns_[entry.slot] = buffers_[entry.slot].view();
  }
}

double BatchEvaluator::number(const Operand& operand) {
  ColumnBuffer computed;
  ConstColumn column;
  if (const auto* constant = std::get_if<Value>(&operand)) {
    fill_column(computed, *constant, 1);
    column = computed.view();
  } else if (const auto* slot = std::get_if<std::size_t>(&operand)) {
    column = columns_[*slot];
  } else {
    std::get<expr::Program>(operand).evaluate(columns_, rows(), computed, failures_, scratch_);
    column = computed.view();
  }
  return column.type() == Type::integer ? static_cast<double>(column.integers()[0]) : column.reals()[0];
}

void BatchEvaluator::set_results(std::size_t row, std::span<const Value> results) {
  for (std::size_t index = 0; index < results.size(); ++index)
    set(job_.source->first_slot + index, row, results[index]);
}

void BatchEvaluator::set(std::size_t slot, std::size_t row, const Value& value) {
  ColumnBuffer& buffer = buffers_[slot];
  switch (type_of(value)) {
    case Type::integer:
      buffer.integers()[row] = std::get<std::int64_t>(value);
      break;
    case Type::real:
      buffer.reals()[row] = std::get<double>(value);
      break;
    case Type::text:
      buffer.texts()[row] = buffer.own(std::get<std::string>(value));
      break;
  }
}

void BatchEvaluator::evaluate(std::span<const std::string_view> outputs) {
  if (job_.kernel) run_kernel_on(outputs);
  if (!output_values_.empty()) read_outputs(outputs);
  for (const ValueSpec& value : job_.values) compute_value(value);
}

void BatchEvaluator::run_kernel_on(std::span<const std::string_view> outputs) {
  const KernelSpec& spec = *job_.kernel;
  const KernelInfo& info = spec.kernel->info();
  for (std::size_t index = 0; index < spec.parameters.size(); ++index) {
    parameters_[index] = operand_column(spec.parameters[index], info.parameters[index].type, index);
  }
  const auto inputs = spec.input ? columns_[*spec.input].texts() : outputs;
  const Batch batch(rows(), parameters_, inputs, job_.kernel_key(), streams_, stop_);
  run_kernel(*kernel_, batch, std::span(buffers_).subspan(spec.first_slot, info.results.size()), failures_);
  for (std::size_t index = 0; index < info.results.size(); ++index) {
    columns_[spec.first_slot + index] = buffers_[spec.first_slot + index].view();
  }
}

ConstColumn BatchEvaluator::operand_column(const Operand& operand, Type type, std::size_t index) {
  ColumnBuffer& buffer = operands_[index];
  if (const auto* constant = std::get_if<Value>(&operand)) {
    // Filled once, and again only for a larger batch.
    if (buffer.size() < rows()) fill_column(buffer, *constant, rows());
    return buffer.view().rows(0, rows());
  }
  if (const auto* slot = std::get_if<std::size_t>(&operand)) return columns_[*slot];
  std::get<expr::Program>(operand).evaluate(columns_, rows(), buffer, failures_, scratch_);
  assert(buffer.type() == type);
  return buffer.view();
}

void BatchEvaluator::compute_value(const ValueSpec& value) {
  const auto* program = std::get_if<expr::Program>(&value.how);
  if (program == nullptr) return;
  program->evaluate(columns_, rows(), buffers_[value.slot], failures_, scratch_);
  columns_[value.slot] = buffers_[value.slot].view();
}

void BatchEvaluator::read_outputs(std::span<const std::string_view> outputs) {
  for (std::size_t row = 0; row < rows(); ++row) {
    if (failures_.failed(row)) continue;
    const auto error = output_values_.read(
        outputs[row], [&](std::size_t slot, const Value& value) { set(slot, row, value); });
    if (error) failures_.fail(row, *error);
  }
}

}  // namespace fanfold
