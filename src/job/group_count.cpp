#include "job/group_count.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "reduce/group_keys.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t block = 4096;

/// How many of the first most + 1 values of a param differ.
std::uint64_t distinct_values(const Axis& axis, std::uint64_t most) {
  reduce::GroupKeys keys;
  ColumnBuffer values;
  std::string key;
  const std::uint64_t end = std::min(axis.size(), most + 1);
  for (std::uint64_t first = 0; first < end; first += block) {
    const std::size_t count = std::min(block, end - first);
    values.reset(axis.type(), count);
    axis.fill(first, count, values, 0);
    for (std::size_t row = 0; row < count; ++row) {
      key.clear();
      reduce::append_key(key, values.view(), row);
      keys.find_or_add(key);
    }
  }
  return keys.size();
}

}  // namespace

bool makes_more_groups(const TaskSpace& space, std::span<const std::size_t> slots, std::uint64_t most) {
  if (slots.empty() || space.size() <= most) return false;
  struct Factor {
    std::size_t slot;
    std::uint64_t values;
  };
  std::vector<Factor> factors;
  for (const std::size_t slot : slots) {
    if (space.program(slot) != nullptr)
      continue;  // of those it is computed from it is not known which are keys too
    const std::uint64_t values = distinct_values(space.axis(slot), most);
    const auto same = std::find_if(factors.begin(), factors.end(), [&](const Factor& factor) {
      return space.dimension(factor.slot) == space.dimension(slot);
    });
    if (same == factors.end()) {
      factors.push_back({slot, values});
    } else {
      same->values = std::max(same->values, values);
    }
  }
  std::uint64_t groups = 1;
  for (const Factor& factor : factors) {
    groups *= factor.values;  // both at most most + 1
    if (groups > most) return true;
  }
  return false;
}

}  // namespace fanfold
