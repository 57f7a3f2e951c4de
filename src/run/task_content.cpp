#include "run/task_content.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace fanfold {
namespace {

const SourceKey& key_of(const SourceInfo& info, const std::string& name) {
  return *std::ranges::find_if(info.keys, [&name](const SourceKey& key) { return key.name == name; });
}

bool belongs_to_content(const SourceInfo& info, const SourceArgument& argument) {
  return key_of(info, argument.name).effect != KeyEffect::policy;
}

/// Sources that start programs tell them all params. They are those that set an environment.
bool tells_params(const SourceInfo& info) {
  return std::ranges::any_of(info.keys, [](const SourceKey& key) { return key.name == "env"; });
}

void write_value(ByteWriter& out, const ConstColumn& column, std::size_t row) {
  out.u8(static_cast<std::uint8_t>(column.type()));
  switch (column.type()) {
    case Type::integer:
      return out.u64(static_cast<std::uint64_t>(column.integers()[row]));
    case Type::real: {
      const double real = column.reals()[row];
      return out.f64(std::isnan(real) ? std::numeric_limits<double>::quiet_NaN() : real);
    }
    case Type::text:
      return out.text(column.texts()[row]);
  }
}

void fill_constant(ColumnBuffer& buffer, const Value& value) {
  buffer.reset(type_of(value), 1);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) buffer.integers()[0] = *integer;
  if (const auto* real = std::get_if<double>(&value)) buffer.reals()[0] = *real;
  if (const auto* text = std::get_if<std::string>(&value)) buffer.texts()[0] = *text;
}

bool is_param_entry(const Job& job, const std::string& key) {
  for (std::size_t slot = 0; slot < job.param_slots; ++slot) {
    if (key == "params." + job.space.name(slot)) return true;
  }
  return false;
}

/// Whether an entry of the fingerprint is a part of what all tasks share. Of blocks of a file the values say
/// nothing of its size and age, which the entry of the axis has; that of a zip has another name than its
/// params.
bool is_shared(const Job& job, const std::string& key) {
  if (key.starts_with("values.") || key == "task.kernel.content") return true;
  for (std::size_t slot = 0; slot < job.param_slots; ++slot) {
    const bool is_blocks = job.space.program(slot) == nullptr && job.space.axis(slot).blocks() != nullptr;
    if (is_blocks && (key == "params." + job.space.name(slot) ||
                      (key.starts_with("params.") && !is_param_entry(job, key))))
      return true;
  }
  return false;
}

}  // namespace

TaskContents::TaskContents(const Job& job)
    : job_(job), buffers_(job.param_slots), columns_(job.scope.column_count()) {
  context_.attempt = Attempt(1);
  context_.params.resize(job.param_slots);
  kernel_draws_ = job.kernel && job.kernel->kernel->info().draws_random;
  find_templates();
  find_numbers();
  find_params();
  write_frame();
}

void TaskContents::find_templates() {
  if (!job_.source) return;
  sees_seed_ = job_.source->info->serves_tasks;
  std::set<std::size_t> slots;
  for (const SourceArgument& argument : job_.source->arguments) {
    if (!belongs_to_content(*job_.source->info, argument)) continue;
    for (const auto& [name, text] : argument.templates) {
      templates_.emplace_back(argument.name + " " + name, &text);
      const std::vector<std::size_t> used = text.slots();
      slots.insert(used.begin(), used.end());
      const std::string& written = text.text();
      const auto mentions = [&written](std::string_view word) {
        return written.find(word) != std::string::npos;
      };
      sees_seed_ = sees_seed_ || mentions("{seed") || mentions("FANFOLD_SEED");
      sees_index_ = sees_index_ || mentions("FANFOLD_INDEX");
    }
  }
  // The order of variables in `env` does not matter; the arguments of a command have one name and stay.
  std::ranges::stable_sort(templates_, {}, [](const auto& each) { return each.first; });
  rendered_.assign(slots.begin(), slots.end());
}

void TaskContents::find_numbers() {
  if (job_.source) {
    for (const SourceArgument& argument : job_.source->arguments) {
      if (!belongs_to_content(*job_.source->info, argument)) continue;
      if (argument.number) numbers_.push_back({&*argument.number, true});
      for (const Operand& end : argument.range) numbers_.push_back({&end, true});
    }
  }
  if (!job_.kernel) return;
  for (const Operand& parameter : job_.kernel->parameters) numbers_.push_back({&parameter, false});
}

void TaskContents::find_params() {
  std::set<std::size_t> slots;
  if (job_.source && tells_params(*job_.source->info)) {
    for (std::size_t slot = 0; slot < job_.param_slots; ++slot) slots.insert(slot);
  } else {
    for (const ValueSpec& value : job_.values) {
      const auto* const program = std::get_if<expr::Program>(&value.how);
      if (program == nullptr) continue;
      const auto results = std::ranges::lower_bound(program->slots(), job_.param_slots);
      slots.insert(program->slots().begin(), results);
    }
    // A parameter of the kernel is there already, and is the same if it was a constant of [task] before.
    for (const Computed& number : numbers_) {
      if (const auto* const slot = std::get_if<std::size_t>(number.operand)) slots.erase(*slot);
    }
  }
  if (job_.kernel && job_.kernel->input) slots.insert(*job_.kernel->input);
  params_.assign(slots.begin(), slots.end());
  std::ranges::sort(params_, {}, [this](std::size_t slot) { return job_.space.name(slot); });
}

void TaskContents::write_frame() {
  ByteWriter out;
  out.text(job_.source ? job_.source->info->name : "");
  if (job_.source) {
    for (const SourceArgument& argument : job_.source->arguments) {
      if (!belongs_to_content(*job_.source->info, argument)) continue;
      out.text(argument.name);
      out.f64(argument.duration.count());
      out.varint(argument.integers.size());
      for (const std::int64_t integer : argument.integers) out.zigzag(integer);
      out.u8(argument.boolean ? 1 : 0);
      out.varint(argument.range.size() + (argument.number ? 1 : 0));
    }
  }
  out.varint(templates_.size());
  for (const auto& [name, text] : templates_) out.text(name);
  out.text(job_.kernel ? job_.kernel->kernel->info().name : "");
  if (job_.kernel) {
    for (const Parameter& parameter : job_.kernel->kernel->info().parameters) out.text(parameter.name);
  }
  out.varint(params_.size());
  for (const std::size_t slot : params_) out.text(job_.space.name(slot));
  for (const bool each : {kernel_draws_, sees_seed_, sees_index_}) out.u8(each ? 1 : 0);
  for (const expr::Scope::Entry& entry : job_.scope.entries()) {
    if (entry.constant || entry.slot < job_.param_slots) continue;
    out.text(entry.name);
    out.u8(static_cast<std::uint8_t>(entry.type));
  }
  for (const Job::FingerprintEntry& entry : job_.fingerprint) {
    if (!is_shared(job_, entry.key)) continue;
    out.text(entry.key);
    out.text(entry.value);
  }
  frame_ = out.take();
}

std::span<const std::optional<StableHash>> TaskContents::of(TaskRange tasks) {
  fill(tasks);
  contents_.assign(static_cast<std::size_t>(tasks.size()), std::nullopt);
  for (std::size_t row = 0; row < contents_.size(); ++row) {
    if (failures_.failed(row)) continue;
    ByteWriter content;
    write(TaskIndex(tasks.begin + row), row, content);
    contents_[row] =
        stable_hash_bits({reinterpret_cast<const char*>(content.bytes().data()), content.bytes().size()});
  }
  return contents_;
}

void TaskContents::fill(TaskRange tasks) {
  const auto rows = static_cast<std::size_t>(tasks.size());
  failures_.reset(rows);
  for (std::size_t slot = 0; slot < buffers_.size(); ++slot) {
    buffers_[slot].reset(job_.space.type(slot), rows);
    job_.space.fill(slot, TaskIndex(tasks.begin), rows, buffers_[slot], 0, &failures_);
    columns_[slot] = buffers_[slot].view();
  }
  for (Computed& number : numbers_) {
    if (const auto* const constant = std::get_if<Value>(number.operand)) {
      fill_constant(number.column, *constant);
      number.view = number.column.view();
    } else if (const auto* const slot = std::get_if<std::size_t>(number.operand)) {
      number.view = columns_[*slot];
    } else {
      std::get<expr::Program>(*number.operand).evaluate(columns_, rows, number.column, failures_, scratch_);
      number.view = number.column.view();
    }
  }
}

void TaskContents::write(TaskIndex task, std::size_t row, ByteWriter& out) {
  context_.task = task;
  if (!templates_.empty()) context_.seed = job_.seed_of(task);
  for (const std::size_t slot : rendered_) context_.params[slot] = columns_[slot].value(row);
  for (const auto& [name, text] : templates_) out.text(text->preview(context_, /*place_is_known=*/false));
  for (const Computed& number : numbers_) {
    const std::size_t at = std::holds_alternative<Value>(*number.operand) ? 0 : row;
    if (number.is_real && number.view.type() == Type::integer) {
      out.u8(static_cast<std::uint8_t>(Type::real));
      out.f64(static_cast<double>(number.view.integers()[at]));
    } else {
      write_value(out, number.view, at);
    }
  }
  for (const std::size_t slot : params_) write_value(out, columns_[slot], row);
  if (kernel_draws_) {
    out.u64(job_.seed);
    out.u64(job_.stream_of(task));
  }
  if (sees_seed_) out.u64(context_.seed);
  if (sees_index_) out.u64(task.value());
}

}  // namespace fanfold
