// Batches of tasks for the tests of reductions: a job with params model, lr and k, a constant samples, and
// the results loss and hits.
#pragma once

#include <bit>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "expr/program.hpp"
#include "reduce/answer.hpp"
#include "reduce/reduction.hpp"

namespace fanfold::reduce {

struct Row {
  std::uint64_t task = 0;
  std::string model = "a";
  double lr = 0.1;
  std::int64_t k = 0;
  double loss = 0;
  std::int64_t hits = 0;
  Status status = Status::succeeded;
};

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

inline AnswerValue integer(BigInteger value) { return value; }
inline std::uint64_t bits(const AnswerValue& value) {
  return std::bit_cast<std::uint64_t>(std::get<double>(value));
}

inline constexpr std::size_t param_slots = 3;

inline expr::Scope job_scope() {
  expr::Scope scope;
  scope.add_column("model", Type::text);
  scope.add_column("lr", Type::real);
  scope.add_column("k", Type::integer);
  scope.add_column("loss", Type::real);
  scope.add_column("hits", Type::integer);
  scope.add_constant("samples", std::int64_t{1000});
  return scope;
}

/// A plan of these entries; each is named after its text.
inline Plan plan_of(const std::vector<std::string>& entries) {
  Plan plan;
  for (const std::string& entry : entries) plan.add(entry, entry, job_scope(), param_slots);
  return plan;
}

/// Adds the rows as one batch; returns the rows that the arguments failed on.
inline std::vector<RowFailures::Failure> add_batch(Partial& partial, const std::vector<Row>& rows) {
  std::vector<std::string_view> models;
  std::vector<double> rates;
  std::vector<std::int64_t> ks;
  std::vector<double> losses;
  std::vector<std::int64_t> hits;
  std::vector<TaskIndex> tasks;
  std::vector<Status> statuses;
  RowFailures failures;
  failures.reset(rows.size());
  for (const Row& row : rows) {
    models.push_back(row.model);
    rates.push_back(row.lr);
    ks.push_back(row.k);
    losses.push_back(row.loss);
    hits.push_back(row.hits);
    tasks.emplace_back(row.task);
    statuses.push_back(row.status);
    if (row.status != Status::succeeded) failures.fail(tasks.size() - 1, "failed before");
  }
  const ConstColumn columns[] = {
      ConstColumn(std::span<const std::string_view>(models)), ConstColumn(std::span<const double>(rates)),
      ConstColumn(std::span<const std::int64_t>(ks)), ConstColumn(std::span<const double>(losses)),
      ConstColumn(std::span<const std::int64_t>(hits))};
  expr::Scratch scratch;
  partial.add({columns, tasks, statuses}, failures, scratch);
  std::vector<RowFailures::Failure> reported;
  for (const RowFailures::Failure& failure : failures.failures()) {
    if (failure.reason != "failed before") reported.push_back(failure);
  }
  return reported;
}

inline Partial partial_of(const Plan& plan, const std::vector<Row>& rows) {
  Partial partial(plan);
  add_batch(partial, rows);
  return partial;
}

inline Bytes encoded(const Partial& partial) {
  ByteWriter out;
  partial.encode(out);
  return out.take();
}

/// The only row of the only entry.
inline AnswerRow only_row(const std::string& entry, const std::vector<Row>& rows) {
  const Plan plan = plan_of({entry});
  return partial_of(plan, rows).finish().at(0).rows.at(0);
}
inline AnswerValue only_value(const std::string& entry, const std::vector<Row>& rows) {
  return only_row(entry, rows).value;
}

/// Rows that differ in one column.
inline std::vector<Row> losses(const std::vector<double>& values) {
  std::vector<Row> rows;
  for (const double value : values) rows.push_back({.task = rows.size(), .loss = value});
  return rows;
}
inline std::vector<Row> hits(const std::vector<std::int64_t>& values) {
  std::vector<Row> rows;
  for (const std::int64_t value : values) rows.push_back({.task = rows.size(), .hits = value});
  return rows;
}

}  // namespace fanfold::reduce
