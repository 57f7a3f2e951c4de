// The kernel `pi`: how many of a task's random points of the unit square fall into the quarter circle.
//
// Point i of a task has coordinates X/2^47 and Y/2^47 and is a hit if X² + Y² < 2^94: the circle itself is
// outside. Its numbers are those of the task's RandomStream:
// - w is word i mod 4 of block ⌊i/4⌋: x = its bits 0 … 14, y = its bits 16 … 30; bits 15 and 31 are not used;
// - u and v are words 0 and 1 of block 2^63 + i;
// - X = x·2^32 + u, Y = y·2^32 + v.
// u and v matter in cells of the 2^15 × 2^15 grid that the circle crosses only; 99.99% of the points never
// draw them. The count is exact: it is the one that drawing all 94 bits would give.
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace fanfold::pi {

/// Whether a point is a hit, by the definition above.
bool is_hit(const RandomStream& stream, std::uint64_t point);

}  // namespace fanfold::pi

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/pi.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using philox::HWY_NAMESPACE::philox_blocks;
using philox::HWY_NAMESPACE::PhiloxTag;
using philox::HWY_NAMESPACE::PhiloxTag32;
using philox::HWY_NAMESPACE::PhiloxWords;

// With s = x² + y² < 2^31: the cell is outside if s >= 2^30, and inside if (x + 1)² + (y + 1)² <= 2^30, that
// is s <= 2^30 - 2(x + y) - 2. As x + y <= √2·2^15 there, any s below 2^30 - band will do; few cells in
// between are crossed by the circle in truth, but the points of all of them are looked at again.
constexpr std::uint32_t band = 92684;  // 2·√2·2^15 + 2, rounded up
constexpr std::uint32_t surely_inside_below = (1U << 30) - band;
constexpr std::uint32_t outside = 0x7FFFFFFF;

/// s - surely_inside_below for each point: bit 31 says that it is surely inside; else, less than `band` that
/// it is not decided; else it is outside.
HWY_INLINE PhiloxWords locate(PhiloxWords words) {
  const PhiloxTag32 d32;
  const hn::RebindToSigned<PhiloxTag32> di32;
  const hn::Repartition<std::int16_t, PhiloxTag32> d16;
  const auto coordinates = hn::BitCast(d16, hn::And(words, hn::Set(d32, 0x7FFF7FFF)));
  auto odd = hn::Zero(di32);
  const auto even = hn::ReorderWidenMulAccumulate(di32, coordinates, coordinates, hn::Zero(di32), odd);
  const auto squares = hn::BitCast(d32, hn::RearrangeToOddPlusEven(even, odd));
  return hn::Sub(squares, hn::Set(d32, surely_inside_below));
}

/// The point in lane `lane` of a vector of words 1 and 0, counted from the first point of its blocks.
HWY_INLINE std::uint32_t point_of_lane(std::size_t lane) {
  return static_cast<std::uint32_t>(lane % 2 == 0 ? 2 * lane + 1 : 2 * lane - 2);
}

/// The same for all lanes of a vector.
HWY_INLINE PhiloxWords points_of_lanes() {
  const PhiloxTag32 d32;
  const auto twice = hn::ShiftLeft<1>(hn::Iota(d32, 0));
  return hn::OddEven(hn::Sub(twice, hn::Set(d32, 2)), hn::Add(twice, hn::Set(d32, 1)));
}

/// The hits among the undecided points of one vector. Rare (one vector in 900), so kept out of the loop.
HWY_NOINLINE std::uint64_t count_undecided(PhiloxWords located, const RandomStream& stream,
                                           std::uint64_t first_point) {
  const PhiloxTag32 d32;
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d32, hn::Lt(located, hn::Set(d32, band)), bytes);
  std::uint64_t lanes = 0;
  std::memcpy(&lanes, bytes, sizeof lanes);
  std::uint64_t hits = 0;
  for (; lanes != 0; lanes &= lanes - 1) {
    hits += pi::is_hit(stream, first_point + point_of_lane(static_cast<std::size_t>(__builtin_ctzll(lanes))));
  }
  return hits;
}

/// Adds what one vector of words tells: decided hits to the lanes of `inside`, and to `nearest` the distance
/// from `surely_inside_below`. Only the points before `end` count if kPartial (`points` is what the lanes
/// hold).
template <bool kPartial>
HWY_INLINE void tally(PhiloxWords& words, PhiloxWords points, std::uint32_t end, PhiloxWords& inside,
                      PhiloxWords& nearest) {
  const PhiloxTag32 d32;
  words = locate(words);
  if constexpr (kPartial) {
    words = hn::IfThenElse(hn::Lt(points, hn::Set(d32, end)), words, hn::Set(d32, outside));
  }
  inside = hn::Add(inside, hn::ShiftRight<31>(words));
  nearest = hn::Min(nearest, words);
}

/// The points of 4·N blocks, or the first `end` of them if kPartial. Returns the hits not added to `inside`.
template <bool kPartial>
HWY_INLINE std::uint64_t count_step(const RandomStream& stream, std::uint64_t first_block, std::uint32_t end,
                                    PhiloxWords& inside) {
  const PhiloxTag32 tag;
  PhiloxWords a10, a32, b10, b32, c10, c32, d10, d32;
  philox_blocks(stream.key(), stream.stream(), first_block, a10, a32, b10, b32, c10, c32, d10, d32);

  const std::uint32_t stride =
      static_cast<std::uint32_t>(4 * hn::Lanes(PhiloxTag()));  // points of one vector of blocks
  const auto two = hn::Set(tag, 2), next = hn::Set(tag, stride);
  const auto a = points_of_lanes(), b = hn::Add(a, next), c = hn::Add(b, next), d = hn::Add(c, next);
  auto nearest = hn::Set(tag, outside);
  tally<kPartial>(a10, a, end, inside, nearest);
  tally<kPartial>(a32, hn::Add(a, two), end, inside, nearest);
  tally<kPartial>(b10, b, end, inside, nearest);
  tally<kPartial>(b32, hn::Add(b, two), end, inside, nearest);
  tally<kPartial>(c10, c, end, inside, nearest);
  tally<kPartial>(c32, hn::Add(c, two), end, inside, nearest);
  tally<kPartial>(d10, d, end, inside, nearest);
  tally<kPartial>(d32, hn::Add(d, two), end, inside, nearest);
  if (HWY_LIKELY(hn::AllFalse(tag, hn::Lt(nearest, hn::Set(tag, band))))) return 0;

  const std::uint64_t first_point = 4 * first_block;
  return count_undecided(a10, stream, first_point) + count_undecided(a32, stream, first_point + 2) +
         count_undecided(b10, stream, first_point + stride) +
         count_undecided(b32, stream, first_point + stride + 2) +
         count_undecided(c10, stream, first_point + 2 * stride) +
         count_undecided(c32, stream, first_point + 2 * stride + 2) +
         count_undecided(d10, stream, first_point + 3 * stride) +
         count_undecided(d32, stream, first_point + 3 * stride + 2);
}

/// The hits among the points 4·first_block … 4·first_block + points - 1. Precondition: points <= 2^22 (a lane
/// counts in 32 bits), and the blocks have the same upper half.
std::uint64_t count_hits(const RandomStream& stream, std::uint64_t first_block, std::uint64_t points) {
  const PhiloxTag32 d32;
  const std::uint64_t step_blocks = 4 * hn::Lanes(PhiloxTag());
  const RandomStream local = stream;
  auto inside = hn::Zero(d32);
  std::uint64_t hits = 0;
  for (; points >= 4 * step_blocks; points -= 4 * step_blocks, first_block += step_blocks) {
    hits += count_step<false>(local, first_block, 0, inside);
  }
  if (points != 0) hits += count_step<true>(local, first_block, static_cast<std::uint32_t>(points), inside);
  return hits + hn::GetLane(hn::SumOfLanes(d32, inside));
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {

bool pi::is_hit(const RandomStream& stream, std::uint64_t point) {
  const std::uint32_t word = stream.block(point / 4)[point % 4];
  const RandomBlock fine = stream.block((std::uint64_t{1} << 63) + point);
  const std::uint64_t x = std::uint64_t{word & 0x7FFF} << 32 | fine[0];
  const std::uint64_t y = std::uint64_t{(word >> 16) & 0x7FFF} << 32 | fine[1];
  __extension__ using Squares = unsigned __int128;
  return Squares{x} * x + Squares{y} * y < Squares{1} << 94;
}

namespace {

HWY_EXPORT(count_hits);

class Pi final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto samples = batch.integers(0);
    const auto hits = results.integers(0);
    for (std::size_t task = 0; task < batch.size(); ++task) {
      hits[task] = count(batch, batch.random(task), static_cast<std::uint64_t>(samples[task]));
      if (batch.stop_requested()) return;
    }
  }

 private:
  /// In stretches of a millisecond or so, after each of which the run can be stopped.
  static std::int64_t count(const Batch& batch, const RandomStream& stream, std::uint64_t samples) {
    constexpr std::uint64_t stretch = std::uint64_t{1} << 22;
    std::uint64_t hits = 0;
    for (std::uint64_t first = 0; first < samples && !batch.stop_requested(); first += stretch) {
      hits += HWY_DYNAMIC_DISPATCH(count_hits)(stream, first / 4, std::min(stretch, samples - first));
    }
    return static_cast<std::int64_t>(hits);
  }

  const KernelInfo info_{
      .name = "pi",
      .summary =
          "random points of the unit square that fall into the quarter circle: 4·hits/samples estimates pi",
      .source = "Metropolis, Ulam: The Monte Carlo method, 1949; Philox4x32-10 of Salmon et al., SC11, 2011",
      .takes_input = false,
      .draws_random = true,
      .parameters = {{"samples", Type::integer, "random points of the task", {}, 0.0}},
      .results = {{"hits", Type::integer, "points at a distance below 1 from the origin"}}};
};

}  // namespace

const Kernel& pi_kernel() {
  static const Pi kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
