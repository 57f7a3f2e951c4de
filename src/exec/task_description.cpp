#include "exec/task_description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "exec/secrets.hpp"
#include "exec/source.hpp"

namespace fanfold {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// One task, and what is known of it.
class Description {
 public:
  Description(const Job& job, TaskIndex task, const std::optional<TaskPlace>& place)
      : job_(job), place_is_known_(place.has_value()), columns_(job.scope.column_count()) {
    context_.task = task;
    context_.seed = job.seed_of(task);
    context_.attempt = place ? place->attempt : Attempt(1);
    if (place) context_.rank = place->rank;
    if (place) context_.slot = place->slot;
    context_.params = job.space.params_of(task);
    fill_columns();
  }

  std::vector<TaskDetail> details() {
    std::vector<TaskDetail> details;
    if (job_.source) {
      for (const SourceArgument& argument : job_.source->arguments) {
        details.push_back({argument.name, text_of(argument), {}});
      }
      details.front().obstacle = obstacle();
    }
    if (job_.kernel) details.push_back({"kernel", kernel_text(), {}});
    return details;
  }

 private:
  void fill_columns() {
    params_.resize(job_.param_slots);
    for (std::size_t slot = 0; slot < params_.size(); ++slot) {
      params_[slot].reset(job_.space.type(slot), 1);
      job_.space.fill(slot, context_.task, 1, params_[slot]);
      columns_[slot] = params_[slot].view();
    }
  }

  std::string obstacle() const {
    try {
      return Secrets(job_).conceal(make_source(job_)->obstacle(context_));
    } catch (const TemplateError& error) {
      return error.what();
    }
  }

  std::string preview(const Template& text) const { return text.preview(context_, place_is_known_); }

  std::string text_of(const SourceArgument& argument) {
    const auto key = std::find_if(job_.source->info->keys.begin(), job_.source->info->keys.end(),
                                  [&](const SourceKey& each) { return each.name == argument.name; });
    switch (key->kind) {
      case KeyKind::text:
      case KeyKind::file:
        return quote_for_paste(preview(argument.templates.front().second));
      case KeyKind::shell:
      case KeyKind::statement:
        return preview(argument.templates.front().second);
      case KeyKind::arguments:
      case KeyKind::strings:
        return words_of(argument);
      case KeyKind::number:
        return operand_text(*argument.number);
      case KeyKind::seconds:
        return quantity_text(*argument.number) + " s";
      case KeyKind::bytes:
        return quantity_text(*argument.number) + " bytes";
      case KeyKind::input:
        return (argument.templates.front().first.empty() ? "" : "< ") +
               quote_for_paste(preview(argument.templates.front().second));
      case KeyKind::duration:
        return fmt::format("{} s", argument.duration.count());
      case KeyKind::range:
        return fmt::format("[{}, {}]", operand_text(argument.range[0]), operand_text(argument.range[1]));
      case KeyKind::boolean:
        return argument.boolean ? "true" : "false";
      case KeyKind::integers:
        return fmt::format("[{}]", fmt::join(argument.integers, ", "));
    }
    return {};
  }

  /// `./sim --x=1`, or `A=1 B=2`.
  std::string words_of(const SourceArgument& argument) const {
    std::vector<std::string> words;
    for (const auto& [name, text] : argument.templates) {
      words.push_back((name.empty() ? "" : name + "=") + quote_for_paste(preview(text)));
    }
    return joined(words);
  }

  /// `pi samples=1000`
  std::string kernel_text() {
    const KernelInfo& info = job_.kernel->kernel->info();
    std::vector<std::string> words{info.name};
    for (std::size_t index = 0; index < info.parameters.size(); ++index) {
      words.push_back(info.parameters[index].name + "=" + operand_text(job_.kernel->parameters[index]));
    }
    if (job_.kernel->input) words.push_back("input=" + operand_text(*job_.kernel->input));
    return joined(words);
  }

  /// Quantities are reals, which people write without a fraction where they have none.
  std::string quantity_text(const Operand& operand) {
    std::string text = operand_text(operand);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  }

  std::string operand_text(const Operand& operand) {
    if (const auto* constant = std::get_if<Value>(&operand)) return quote_for_paste(to_text(*constant));
    if (const auto* slot = std::get_if<std::size_t>(&operand)) {
      return quote_for_paste(to_text(columns_[*slot].value(0)));
    }
    ColumnBuffer value;
    RowFailures failures;
    failures.reset(1);
    expr::Scratch scratch;
    std::get<expr::Program>(operand).evaluate(columns_, 1, value, failures, scratch);
    if (failures.any()) return fmt::format("({})", failures.failures().front().reason);
    return quote_for_paste(to_text(value.view().value(0)));
  }

  const Job& job_;
  const bool place_is_known_;
  TemplateContext context_;
  std::vector<ColumnBuffer> params_;
  std::vector<ConstColumn> columns_;  // by slot: the params, which is all that a source or kernel can use
};

}  // namespace

std::vector<TaskDetail> task_description(const Job& job, TaskIndex task,
                                         const std::optional<TaskPlace>& place) {
  return Description(job, task, place).details();
}

}  // namespace fanfold
