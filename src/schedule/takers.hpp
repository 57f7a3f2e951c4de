// The ranks that want work while there is none to issue.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "core/ids.hpp"

namespace fanfold {

/// Ranks that asked for a chunk and did not get one. Those with idle slots come first; the others asked in
/// advance.
class Takers {
 public:
  void add(Rank rank, std::uint64_t idle_slots) {
    remove(rank);
    if (idle_slots == 0) {
      busy_.insert(rank);
    } else {
      idle_.emplace(rank, idle_slots);
      idle_slots_ += idle_slots;
    }
  }
  void remove(Rank rank) {
    busy_.erase(rank);
    const auto found = idle_.find(rank);
    if (found == idle_.end()) return;
    idle_slots_ -= found->second;
    idle_.erase(found);
  }
  void clear() { *this = Takers(); }

  /// Who gets a chunk first.
  std::optional<Rank> next() const {
    if (!idle_.empty()) return idle_.begin()->first;
    if (!busy_.empty()) return *busy_.begin();
    return std::nullopt;
  }
  bool empty() const { return idle_.empty() && busy_.empty(); }
  std::size_t idle_ranks() const { return idle_.size(); }
  std::uint64_t idle_slots() const { return idle_slots_; }

 private:
  std::map<Rank, std::uint64_t> idle_;  // with their idle slots
  std::set<Rank> busy_;
  std::uint64_t idle_slots_ = 0;
};

}  // namespace fanfold
