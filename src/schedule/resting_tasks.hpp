// Tasks whose attempt has failed, and that rest before the next one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "schedule/waiting_tasks.hpp"

namespace fanfold {

/// Memory: O(tasks that rest).
class RestingTasks {
 public:
  bool empty() const { return until_.empty(); }
  std::uint64_t count() const { return until_.size(); }
  /// When the first of them is to be issued; none if there is none.
  std::optional<double> next() const {
    return until_.empty() ? std::nullopt : std::optional(until_.begin()->first);
  }

  void put(double until, WaitingTasks::Manner manner, std::uint64_t task) {
    until_.emplace(until, Task{manner, task});
  }
  /// Moves those whose time has come to the waiting ones. True if there were some.
  bool wake(double now, WaitingTasks& waiting) {
    const auto end = until_.upper_bound(now);
    const bool any = end != until_.begin();
    for (auto place = until_.begin(); place != end; ++place)
      waiting.put(place->second.manner, {place->second.task, place->second.task + 1});
    until_.erase(until_.begin(), end);
    return any;
  }

 private:
  struct Task {
    WaitingTasks::Manner manner;
    std::uint64_t task;
  };
  std::multimap<double, Task> until_;
};

}  // namespace fanfold
