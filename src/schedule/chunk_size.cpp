#include "schedule/chunk_size.hpp"

#include <algorithm>
#include <limits>

#include "schedule/schedule.hpp"

namespace fanfold {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr std::uint64_t growth = 16;
constexpr std::uint64_t most_tasks = std::uint64_t{1} << 48;

/// ⌈a · b / c⌉ for shares, where the last digits of large numbers do not matter.
std::uint64_t share(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  if (a < (std::uint64_t{1} << 32) && b < (std::uint64_t{1} << 31)) return (a * b + c - 1) / c;
  const double product = static_cast<double>(a) / static_cast<double>(c) * static_cast<double>(b);
  return product < static_cast<double>(most_tasks) ? static_cast<std::uint64_t>(product) + 1 : most_tasks;
}

ChunkLimit limit_of_long_tasks(const ChunkSituation& now) {
  const std::uint64_t slots = now.slots;
  const std::uint64_t idle = slots - std::min(slots, now.outstanding);
  const std::uint64_t room = 2 * slots - std::min(2 * slots, now.outstanding);
  const std::uint64_t to_fill =
      std::min(idle, share(now.waiting_tasks, idle, std::max({now.idle_slots, idle, std::uint64_t{1}})));
  const bool all_are_busy = now.all_outstanding >= now.all_slots;
  const std::uint64_t in_advance = all_are_busy ? share(now.waiting_tasks, slots, 2 * now.all_slots) : 0;
  return {std::min({std::max(to_fill, in_advance), room, slots}), unlimited};
}

ChunkLimit limit_of_cheap_tasks(const SchedulePolicy& policy, const ChunkSituation& now) {
  const double slots = now.slots;
  const double cost_per_second = slots / *now.cost_seconds;
  const double aim = policy.chunk_seconds * cost_per_second;
  const double half_of_share = now.waiting_cost * slots / (2 * static_cast<double>(now.all_slots));
  const double least = exchange_seconds * cost_per_second;
  const std::uint64_t per_slot =
      std::min(std::max<std::uint64_t>(now.proven, 1), most_tasks / growth / now.slots) * growth;
  return {per_slot * now.slots, std::min(aim, std::max(half_of_share, least))};
}

}  // namespace

bool next_is_long(const SchedulePolicy& policy, const ChunkSituation& now) {
  return !now.cost_seconds || *now.cost_seconds * now.next_cost >= policy.long_task_seconds;
}

ChunkLimit chunk_limit(const SchedulePolicy& policy, const ChunkSituation& now) {
  if (policy.chunk) return {std::max<std::uint64_t>(*policy.chunk, 1), unlimited};
  return next_is_long(policy, now) ? limit_of_long_tasks(now) : limit_of_cheap_tasks(policy, now);
}

}  // namespace fanfold
