// The time that an execution has: its walltime, or what is left of its allocation.
#pragma once

#include <future>
#include <optional>

#include "job/job.hpp"
#include "run/allocation_end.hpp"
#include "run/deadlines.hpp"

namespace fanfold {

/// Made when an execution starts. One thread uses it.
class TimeLimit {
 public:
  /// With a walltime, it counts from `began`. Without one, the scheduler is asked in the background.
  TimeLimit(const RunPolicy& policy, WallTime began);

  /// None: there is none, or it is not known yet. `now`: seconds since this was made.
  const std::optional<Deadlines>& at(double now);

 private:
  double seconds_before_;  // from `began` to now
  std::optional<Deadlines> deadlines_;
  std::future<std::optional<WallTime>> asked_;
};

}  // namespace fanfold
