#include <algorithm>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/entry_compiler.hpp"
#include "reduce/plan_impl.hpp"

namespace fanfold::reduce {
namespace {

/// The slots of columns that the plan reads, sorted.
std::vector<std::size_t> slots_of(const Plan::Impl& plan) {
  std::vector<std::size_t> slots;
  const auto add = [&](const ColumnSource& source) {
    if (!source.is_status) slots.push_back(source.slot);
  };
  for (const Argument& argument : plan.arguments) {
    if (const ColumnSource* column = std::get_if<ColumnSource>(&argument.source)) {
      add(*column);
    } else {
      for (const std::size_t slot : std::get<expr::Program>(argument.source).slots()) {
        add({slot, argument.population == Population::all && slot == plan.status_slot});
      }
    }
  }
  for (const Grouping& grouping : plan.groupings) {
    for (const Key& key : grouping.keys) {
      if (const ColumnSource* column = std::get_if<ColumnSource>(&key.source)) add(*column);
    }
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

}  // namespace

Plan::Plan() : impl_(std::make_unique<Impl>()) {}
Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;

void Plan::add(std::string name, std::string_view text, const expr::Scope& scope, std::size_t param_slots,
               const expr::Scope& constants) {
  const expr::GroupedAst parsed = expr::parse_grouped(text);
  impl_->entries.push_back(compile_entry(*impl_, std::move(name), parsed, scope, param_slots, constants));
  impl_->slots = slots_of(*impl_);
  impl_->param_slots = param_slots;
}

std::vector<std::size_t> Plan::last_param_keys() const {
  std::vector<std::size_t> slots;
  for (const Key& key : impl_->groupings[impl_->entries.back().grouping].keys) {
    const ColumnSource* column = std::get_if<ColumnSource>(&key.source);
    if (column != nullptr && !column->is_status && column->slot < impl_->param_slots)
      slots.push_back(column->slot);
  }
  return slots;
}

bool Plan::empty() const { return impl_->entries.empty(); }
const std::vector<std::size_t>& Plan::slots() const { return impl_->slots; }
bool Plan::has_picture() const {
  return std::ranges::any_of(impl_->groupings, [](const Grouping& grouping) {
    return std::ranges::any_of(grouping.aggregates,
                               [](const BoundAggregate& bound) { return bound.kind == &picture_kind; });
  });
}
bool Plan::sees_failures() const { return impl_->sees_failures; }

}  // namespace fanfold::reduce
