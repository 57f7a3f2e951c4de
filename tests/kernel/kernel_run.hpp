// Runs built-in kernels as the executor would, with few words.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "core/simd_target.hpp"
#include "kernel/registry.hpp"
#include "kernel/run_kernel.hpp"

namespace fanfold {

/// One call of run_kernel. Give the parameters in the kernel's order, all of the same number of tasks, then
/// run.
class KernelRun {
 public:
  explicit KernelRun(const Kernel& kernel) : kernel_(&kernel) {}
  explicit KernelRun(std::string_view name) : kernel_(find_kernel(name)) {}

  KernelRun& integers(std::vector<std::int64_t> values) {
    ColumnBuffer& column = add(Type::integer, values.size());
    std::copy(values.begin(), values.end(), column.integers().begin());
    return *this;
  }
  KernelRun& reals(std::vector<double> values) {
    ColumnBuffer& column = add(Type::real, values.size());
    std::copy(values.begin(), values.end(), column.reals().begin());
    return *this;
  }
  KernelRun& texts(const std::vector<std::string>& values) {
    ColumnBuffer& column = add(Type::text, values.size());
    for (std::size_t row = 0; row < values.size(); ++row) column.texts()[row] = column.own(values[row]);
    return *this;
  }
  KernelRun& inputs(std::vector<std::string> values) {
    inputs_ = std::move(values);
    size_ = inputs_.size();
    return *this;
  }
  /// Task i has stream first_stream + i.
  KernelRun& random(RandomKey key, std::uint64_t first_stream = 0) {
    key_ = key;
    first_stream_ = first_stream;
    return *this;
  }
  /// A row that had failed before.
  KernelRun& failed_before(std::size_t row) {
    failed_before_.push_back(row);
    return *this;
  }
  KernelRun& stop_requested() {
    stop_ = true;
    return *this;
  }

  KernelRun& run() {
    std::vector<ConstColumn> columns;
    for (const ColumnBuffer& parameter : parameters_) columns.push_back(parameter.view());
    const std::vector<std::string_view> views(inputs_.begin(), inputs_.end());
    std::vector<std::uint64_t> streams;
    for (std::size_t i = 0; i < size_; ++i) streams.push_back(first_stream_ + i);
    results.resize(kernel_->info().results.size());
    failures.reset(size_);
    for (const std::size_t row : failed_before_) failures.fail(row, "failed before");
    run_kernel(*kernel_, Batch(size_, columns, views, key_, streams, &stop_), results, failures);
    return *this;
  }

  std::vector<ColumnBuffer> results;
  RowFailures failures;

 private:
  ColumnBuffer& add(Type type, std::size_t size) {
    size_ = size;
    parameters_.emplace_back();
    parameters_.back().reset(type, size);
    return parameters_.back();
  }

  const Kernel* kernel_;
  std::size_t size_ = 0;
  std::deque<ColumnBuffer> parameters_;  // which stay where they are: texts are views into them
  std::vector<std::string> inputs_;
  std::vector<std::size_t> failed_before_;
  RandomKey key_{};
  std::uint64_t first_stream_ = 0;
  bool stop_ = false;
};

/// Runs the body on each SIMD target of this CPU.
template <typename Body>
void on_every_target(const Body& body) {
  for (const std::string& target : simd_targets()) {
    SCOPED_TRACE(target);
    choose_simd_target(target);
    body();
  }
  choose_simd_target(simd_targets().front());
}

inline std::vector<std::int64_t> to_vector(std::span<const std::int64_t> values) {
  return {values.begin(), values.end()};
}

}  // namespace fanfold
