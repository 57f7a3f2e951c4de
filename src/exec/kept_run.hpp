// Values of kernel-only tasks that are kept, on their way into a report.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/row_failures.hpp"
#include "job/job.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// Gathers the columns of consecutive tasks. Used by one thread at a time.
class KeptRun {
 public:
  /// Tasks of one KeptColumns at most: half a megabyte for each column of numbers.
  static constexpr std::size_t most_tasks = 64 << 10;

  explicit KeptRun(const Job& job);

  /// Adds rows first … first+tasks.size()−1 of a batch. Values of failed rows become 0, NaN or "". A run that
  /// is full, or that these tasks do not follow, is sealed first.
  void add(TaskRange tasks, std::span<const ConstColumn> columns, std::size_t first,
           const RowFailures& failures, std::vector<KeptColumns>& sealed);

  /// Appends what was gathered to `sealed`, if there is anything.
  void seal(std::vector<KeptColumns>& sealed);

 private:
  using Column = std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;

  std::vector<std::size_t> slots_;
  std::vector<Column> columns_;  // one for each of them
  TaskRange tasks_;
};

}  // namespace fanfold
