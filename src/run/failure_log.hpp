// What went wrong, grouped, in bounded memory: during a run, or from its run file afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "job/outcome.hpp"
#include "job/task_space.hpp"

namespace fanfold {

/// Tasks that failed for the same reason: with the same error (exit code, signal …) and the same last line of
/// standard error, but for what differs from task to task (see failure_template).
struct FailureGroup {
  std::string error;      ///< of all of them; if they differ, with what differs masked
  std::string last_line;  ///< of standard error, likewise
  bool lines_differ = false;
  std::uint64_t count = 0;
  bool at_least = false;        ///< there may have been more: see FailureLog
  TaskIndex first;              ///< of the tasks, the one with the lowest index
  std::string first_error;      ///< its own
  std::string errors;           ///< the end of its standard error, at most FailureLog::most_error_bytes
  Attempt attempt{1};           ///< of the first
  std::optional<Rank> rank;     ///< where the first ran; none: not recorded
  std::uint32_t execution = 0;  ///< in which the first ran; 0: in this one
  bool has_source = false;
};

/// Groups failures as they come. One thread. Memory is bounded: when there are most_groups, half of them, the
/// smallest, are given up and counted as others, so that frequent reasons stay however many rare ones there
/// are; the count of a reason that turns up anew after that is a lower bound.
class FailureLog {
 public:
  /// The space, which must outlive the log, says which params a message may quote.
  explicit FailureLog(const TaskSpace& space);

  /// An attempt that failed for good. `execution`: 0 is this one.
  void add(const Outcome& outcome, std::uint32_t execution = 0);
  void add(const FailedTasks& failed, Rank rank);
  /// Kernel-only tasks of which it is not known where they ran.
  void add(TaskRange tasks, const std::string& reason);

  /// Most frequent first, of equals the one with the lowest task. At most `most_groups`; the failures of
  /// further reasons are in `others`.
  std::vector<FailureGroup> groups() const;
  std::uint64_t others() const { return others_; }

  static constexpr std::size_t most_groups = 1000;
  static constexpr std::size_t most_error_bytes = 2048;

 private:
  FailureGroup& group_of(const std::string& error, std::string_view last_line, TaskIndex task);
  void add_computed(const std::string& reason, TaskIndex first, std::uint64_t count,
                    std::optional<Rank> rank);
  void give_up_the_smallest();

  const TaskSpace& space_;
  std::vector<std::size_t> text_slots_;  // of the params that are texts
  std::unordered_map<std::string, FailureGroup> groups_;
  std::uint64_t others_ = 0;
  bool gave_up_ = false;
};

}  // namespace fanfold
