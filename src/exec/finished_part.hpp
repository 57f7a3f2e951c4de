// What ended of a chunk and is not reported yet.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "job/job.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// Grows by the tasks that end, until it is taken as a Report. Used by one thread at a time.
class FinishedPart {
 public:
  /// The job must outlive the part.
  explicit FinishedPart(const Job& job);

  TaskList finished;
  std::uint64_t left_out = 0;  ///< tasks of `finished` that do not meet `where`
  std::vector<Outcome> outcomes;
  TaskList to_retry;
  TaskList not_run;
  std::vector<KeptColumns> columns;
  reduce::Partial partial;
  double busy = 0;  ///< seconds

  /// Notes why a kernel-only task of `finished` failed.
  void fail(TaskIndex task, std::string_view reason);
  /// Failed tasks noted by `fail`.
  std::size_t failed_count() const { return failed_count_; }

  bool empty() const { return finished.empty() && outcomes.empty() && not_run.empty(); }

  /// Adds another part of the same chunk, which is empty afterwards.
  void merge(FinishedPart& other);

  /// The report of it; the part is empty afterwards.
  Report take(ChunkId chunk);

 private:
  const Job* job_;
  std::map<std::string, TaskList, std::less<>> failures_;  // by reason
  std::size_t failed_count_ = 0;
};

}  // namespace fanfold
