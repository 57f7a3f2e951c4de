// When a run whose time is limited stops: late enough to use the time, early enough to lose nothing.
#pragma once

#include <cstdint>
#include <optional>

namespace fanfold {

/// Mean and spread of durations, in constant memory (Welford's method).
class Spread {
 public:
  void add(double value);
  bool empty() const { return count_ == 0; }
  /// Most values are lower: two standard deviations over the mean.
  double upper() const;

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // of differences from the mean
};

/// The deadlines of one execution; all times are seconds on its clock.
class Deadlines {
 public:
  /// `begin`: when the limited time began, not after 0; `end`: when the process is killed.
  Deadlines(double begin, double end);

  /// From here on, tasks that run are ended: what has ended is committed, and the ranks leave.
  double abandon() const { return abandon_; }
  /// From here on no task is started, for it would not end in time: it takes `task_seconds` (none: unknown).
  double drain(std::optional<double> task_seconds) const;

 private:
  double length_;
  double abandon_;
};

}  // namespace fanfold
