// --tasks and --task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/task_set.hpp"

namespace fanfold {

/// "FIRST:END", ":END", "FIRST:" or one index; both empty: all tasks (none). Throws UsageError if they are no
/// such thing or outside of 0 … N−1.
std::optional<TaskRange> parse_selection(const std::string& tasks, const std::string& task,
                                         std::uint64_t size);

}  // namespace fanfold
