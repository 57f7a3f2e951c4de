// What went wrong in this execution, grouped, in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// Tasks that failed for the same reason: the same error and the same last line of standard error.
struct FailureGroup {
  std::string error;
  std::string last_line;  ///< of standard error
  std::uint64_t count = 0;
  TaskIndex first;     ///< of the tasks, the one with the lowest index
  std::string errors;  ///< the tail of its standard error
  Attempt attempt{1};  ///< of the first
  Rank rank;           ///< where the first ran
  bool has_source = false;
};

/// Groups failures as they are reported. One thread.
class FailureLog {
 public:
  /// An attempt that failed for good.
  void add(const Outcome& outcome);
  void add(const FailedTasks& failed, Rank rank);

  /// Most frequent first, of equals the one with the lowest task. At most `most_groups`; the failures of
  /// further reasons are in `others`.
  std::vector<FailureGroup> groups() const;
  std::uint64_t others() const { return others_; }

  static constexpr std::size_t most_groups = 100;

 private:
  FailureGroup* group_of(const std::string& error, const std::string& last_line);
  std::vector<FailureGroup> groups_;
  std::uint64_t others_ = 0;
};

}  // namespace fanfold
