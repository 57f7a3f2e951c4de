// What a task costs, as the reports say.
#pragma once

#include <optional>

namespace fanfold {

/// An average of seconds per unit (per task, or per unit of the job's own cost) that follows the newest
/// reports.
///
/// It is an average of logarithms: a chunk is to suit most tasks, not the one in a million that takes a day.
/// A report weighs by its share of the recent reports, of their units or of their seconds, whichever is more:
/// the first reports of a job of cheap tasks show mostly overhead, and each next one, with sixteen times the
/// tasks, corrects that at once; tasks that become costly show in reports of few tasks and much time. One
/// report raises the average by a factor of 2 at most.
class MeasuredCost {
 public:
  /// One slot worked `seconds` in all on `units`. Ignored unless both are finite and units are positive.
  void add(double seconds, double units);
  /// None before the first report.
  std::optional<double> seconds() const { return seconds_; }

 private:
  std::optional<double> seconds_;
  double recent_units_ = 0;
  double recent_seconds_ = 0;
};

}  // namespace fanfold
