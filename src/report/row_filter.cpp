#include "report/row_filter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"

namespace fanfold {
namespace {

expr::Program compile(const std::string& condition, const Job& job, const std::vector<RowColumn>& columns) {
  expr::Scope scope;
  for (const RowColumn& column : columns) scope.add_column(column.name, column.type);
  for (const expr::Scope::Entry& entry : job.scope.entries()) {
    if (entry.constant && scope.find(entry.name) == nullptr) scope.add_constant(entry.name, *entry.constant);
  }
  try {
    expr::Program program = expr::Program::compile(expr::parse(condition), scope);
    if (program.type() == Type::text)
      throw expr::ExpressionError(0, "must be a condition such as \"x > 1\", not a text");
    return program;
  } catch (const expr::ExpressionError& error) {
    throw UsageError(fmt::format("--where:{}: {}", error.offset() + 1, error.what()));
  }
}

}  // namespace

RowFilter::RowFilter(const std::string& condition, const Job& job, const std::vector<RowColumn>& columns)
    : program_(compile(condition, job, columns)) {
  const std::vector<std::size_t>& slots = program_.slots();
  uses_values_ = std::any_of(slots.begin(), slots.end(), [&columns](std::size_t slot) {
    return columns[slot].kind == RowColumn::Kind::value;
  });
}

RowBatch RowFilter::apply(const RowBatch& batch) {
  failures_.reset(batch.rows);
  for (std::size_t row = 0; uses_values_ && row < batch.rows; ++row) {
    if (batch.has_values[row] == 0) failures_.fail(row, "it has no values");
  }
  const std::size_t without_values = failures_.failures().size();
  program_.evaluate(batch.columns, batch.rows, met_, failures_, scratch_);
  if (failures_.failures().size() > without_values) {
    const RowFailures::Failure& failure = failures_.failures()[without_values];
    throw UsageError(
        fmt::format("--where: task {}: {}", batch.columns.front().integers()[failure.row], failure.reason));
  }
  selected_.clear();
  for (const std::uint32_t row : batch.selected) {
    if (failures_.failed(row)) continue;
    const bool met = met_.type() == Type::integer ? met_.integers()[row] != 0 : met_.reals()[row] != 0;
    if (met) selected_.push_back(row);
  }
  RowBatch result = batch;
  result.selected = selected_;
  return result;
}

}  // namespace fanfold
