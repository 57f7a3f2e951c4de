// The ranks that hold work which another rank could begin at once.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ids.hpp"

namespace fanfold {

/// Ranks with unstarted tasks, by when their work is expected to end.
class Lenders {
 public:
  /// Adds a rank, or gives it a new place.
  void add(Rank rank, double expected_end) {
    const auto [known, added] = end_of_.try_emplace(rank, expected_end);
    if (!added) {
      if (known->second == expected_end) return;
      by_end_.erase({known->second, rank});
      known->second = expected_end;
    }
    by_end_.emplace(expected_end, rank);
  }
  void remove(Rank rank) {
    const auto known = end_of_.find(rank);
    if (known == end_of_.end()) return;
    by_end_.erase({known->second, rank});
    end_of_.erase(known);
  }
  std::size_t size() const { return by_end_.size(); }

  /// Some to ask, best first: those expected to end last, for they have most to do; then those that should
  /// have ended first, for a long task holds them up.
  std::vector<Rank> candidates() const {
    constexpr std::size_t each_side = 4;
    std::vector<Rank> ranks;
    auto last = by_end_.rbegin();
    for (; last != by_end_.rend() && ranks.size() < each_side; ++last) ranks.push_back(last->second);
    auto first = by_end_.begin();
    for (; first != last.base() && ranks.size() < 2 * each_side; ++first) ranks.push_back(first->second);
    return ranks;
  }

 private:
  std::set<std::pair<double, Rank>> by_end_;
  std::unordered_map<Rank, double> end_of_;
};

}  // namespace fanfold
