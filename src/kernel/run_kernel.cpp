#include "kernel/run_kernel.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>

namespace fanfold {
namespace {

/// The rows [first, first + count) of the result columns.
class ResultRows final : public Results {
 public:
  ResultRows(std::span<ColumnBuffer> columns, RowFailures& failures, std::size_t first, std::size_t count)
      : columns_(columns), failures_(failures), first_(first), count_(count) {}

  std::span<std::int64_t> integers(std::size_t result) override {
    return columns_[result].integers().subspan(first_, count_);
  }
  std::span<double> reals(std::size_t result) override {
    return columns_[result].reals().subspan(first_, count_);
  }
  void text(std::size_t result, std::size_t task, std::string_view value) override {
    ColumnBuffer& column = columns_[result];
    column.texts()[first_ + task] = column.own(value);
  }
  void fail(std::size_t task, std::string_view reason) override { failures_.fail(first_ + task, reason); }

  ResultRows row(std::size_t number) const { return {columns_, failures_, first_ + number, 1}; }

 private:
  std::span<ColumnBuffer> columns_;
  RowFailures& failures_;
  std::size_t first_;
  std::size_t count_;
};

/// Fails the rows whose value is below the minimum; `!(value >= minimum)` takes NaN along.
template <typename T>
void check_minimum(const Parameter& parameter, std::span<const T> values, RowFailures& failures) {
  const T minimum =
      static_cast<T>(std::is_integral_v<T> ? std::ceil(*parameter.minimum) : *parameter.minimum);
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] >= minimum) continue;
    failures.fail(row, fmt::format("{} = {} is below its minimum, {}", parameter.name, values[row], minimum));
  }
}

void check_minimums(const KernelInfo& info, const Batch& batch, RowFailures& failures) {
  for (std::size_t index = 0; index < info.parameters.size(); ++index) {
    const Parameter& parameter = info.parameters[index];
    if (!parameter.minimum) continue;
    if (parameter.type == Type::integer) check_minimum(parameter, batch.integers(index), failures);
    if (parameter.type == Type::real) check_minimum(parameter, batch.reals(index), failures);
  }
}

/// What it threw, or nothing.
std::optional<std::string> run_rows(const Kernel& kernel, const Batch& batch, ResultRows rows) {
  try {
    kernel.run(batch, rows);
    return std::nullopt;
  } catch (const std::exception& error) {
    return fmt::format("kernel '{}': {}", kernel.info().name, error.what());
  } catch (...) {
    return fmt::format("kernel '{}' threw something that is not a std::exception", kernel.info().name);
  }
}

/// Runs rows; if that throws, each alone: an exception fails the task that throws, however tasks are batched.
void run_all_rows(const Kernel& kernel, const Batch& batch, const ResultRows& rows) {
  if (!run_rows(kernel, batch, rows)) return;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    ResultRows alone = rows.row(row);
    if (const auto reason = run_rows(kernel, batch.rows(row, 1), alone)) alone.fail(0, *reason);
  }
}

}  // namespace

void run_kernel(const Kernel& kernel, const Batch& batch, std::span<ColumnBuffer> results,
                RowFailures& failures) {
  const KernelInfo& info = kernel.info();
  assert(results.size() == info.results.size() && failures.rows() == batch.size());
  for (std::size_t index = 0; index < results.size(); ++index) {
    results[index].reset(info.results[index].type, batch.size());
  }
  check_minimums(info, batch, failures);

  if (!failures.any()) {
    run_all_rows(kernel, batch, ResultRows(results, failures, 0, batch.size()));
    return;
  }
  // The kernel may fail rows of a run, never rows that come later: what follows a run is still as it was.
  for (std::size_t first = 0; first < batch.size();) {
    std::size_t end = first;
    while (end < batch.size() && !failures.failed(end)) ++end;
    if (end > first) {
      run_all_rows(kernel, batch.rows(first, end - first), ResultRows(results, failures, first, end - first));
    }
    first = end + 1;
  }
}

}  // namespace fanfold
