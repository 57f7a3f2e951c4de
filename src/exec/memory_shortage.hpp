// Whether a program failed for want of memory, as far as that can be known.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "exec/child_process.hpp"

namespace fanfold {

/// For many threads.
class MemoryShortage {
 public:
  MemoryShortage();

  /// What to add to the error of a program that failed: ", out of memory: …", or nothing. `limit` is what it
  /// might have had.
  std::string explains(const ChildEnd& end, std::optional<std::uint64_t> limit) const;

 private:
  mutable std::atomic<std::uint64_t> kills_;  // by the kernel, in all, as far as we know
};

}  // namespace fanfold
