// Other processes of this host.
#pragma once

#include <cstdint>
#include <optional>

namespace fanfold {

/// What the kernel says of a process: proc(5).
struct ProcessState {
  char state = 0;           ///< 'Z': it has ended and was not waited for
  std::uint64_t start = 0;  ///< clock ticks since the host booted: tells it from a later one with its number
  bool has_ended() const { return state == 'Z' || state == 'X'; }
};

/// None if no process has this number.
std::optional<ProcessState> find_process(std::int64_t pid);

}  // namespace fanfold
