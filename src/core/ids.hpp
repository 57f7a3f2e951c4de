// Ids are types of their own, so that a rank cannot be passed for a task.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace fanfold {

/// An integer with a meaning. `Tag` tells the ids apart.
template <typename Tag, typename Rep>
class Id {
 public:
  using Representation = Rep;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  Rep value_{};
};

/// A task of the job: 0 … N−1.
using TaskIndex = Id<struct TaskIndexTag, std::uint64_t>;
/// A process of the run: 0 is the coordinator's.
using Rank = Id<struct RankTag, std::int32_t>;
/// A chunk that was handed out: unique in one execution of the coordinator.
using ChunkId = Id<struct ChunkIdTag, std::uint64_t>;
/// Which try of a task this is: the first is 1.
using Attempt = Id<struct AttemptTag, std::uint32_t>;

}  // namespace fanfold

template <typename Tag, typename Rep>
struct std::hash<fanfold::Id<Tag, Rep>> {
  std::size_t operator()(fanfold::Id<Tag, Rep> id) const noexcept { return std::hash<Rep>()(id.value()); }
};
