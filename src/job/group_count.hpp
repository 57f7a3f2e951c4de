// How many groups an entry of [reduce] makes, as far as its keys are params.
#pragma once

#include <cstdint>
#include <span>

#include "job/task_space.hpp"

namespace fanfold {

/// True if there are certainly more groups by these params than `most`, should every task contribute: the
/// product of how many different values each has, of those that advance together only the largest.
bool makes_more_groups(const TaskSpace& space, std::span<const std::size_t> slots, std::uint64_t most);

}  // namespace fanfold
