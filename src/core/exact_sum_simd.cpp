// Block extraction (Rump, Ogita, Oishi: Accurate floating-point summation part I, SIAM J. Sci. Comput. 31,
// 2008).
//
// Adding a power of two, sigma, to a value x that is far below it and taking it away again leaves x rounded
// to a multiple of ulp(sigma): the top bits of x. What is left over, x minus that, is exact. With |x| <= 2^M
// for the n <= 2^m values of a block and sigma = 2^(M + m), the top bits of all values are multiples of 2^(M
// + m - 53) whose sum is at most 2^(M + m): the additions of them are exact in whatever order. The leftovers
// are at most 2^(M + m - 53), and the next level takes their top bits in the same way. When nothing is left
// over after the last level, the sums of the levels are the sum of the block. A NaN or an infinity always
// leaves something over.
#include "core/exact_sum_simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact_sum_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <bit>
#include <cmath>
#include <cstdint>

#ifndef FANFOLD_EXACT_SUM_SIMD_ONCE
#define FANFOLD_EXACT_SUM_SIMD_ONCE
namespace fanfold {
inline constexpr int block_bits = 10;  // m: a block has at most 2^m values
static_assert(max_exact_block == std::size_t{1} << block_bits);
inline constexpr int level_bits = 53 - block_bits;

/// The smallest M for which all magnitudes up to `largest` are below 2^M.
inline int exponent_above(double largest) {
  return static_cast<int>(std::bit_cast<std::uint64_t>(largest) >> 52) - 1022;
}
}  // namespace fanfold
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;

/// Calls `body` with the values, a vector at a time; the last one is filled up with zeros. With `fetch_ahead`
/// the cache lines of the next block are asked for, so that the memory works while the CPU computes.
template <bool fetch_ahead, class Body>
HWY_INLINE void for_each_vector(const double* HWY_RESTRICT values, std::size_t count, Body&& body) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    if (fetch_ahead) {
      hwy::Prefetch(values + i + max_exact_block);
      hwy::Prefetch(values + i + max_exact_block + lanes);
    }
    body(hn::LoadU(d, values + i), 0);
    body(hn::LoadU(d, values + i + lanes), 1);
  }
  if (i + lanes <= count) {
    body(hn::LoadU(d, values + i), 0);
    i += lanes;
  }
  if (i < count) {
    HWY_ALIGN double tail[hn::MaxLanes(D())] = {};
    for (std::size_t k = 0; i + k < count; ++k) tail[k] = values[i + k];
    body(hn::Load(d, tail), 1);
  }
}

/// The largest magnitude. Unspecified if there is a NaN.
HWY_INLINE double largest_magnitude(const double* values, std::size_t count) {
  const D d;
  V largest[2] = {hn::Zero(d), hn::Zero(d)};
  for_each_vector<false>(values, count,
                         [&](V x, int way) HWY_ATTR { largest[way] = hn::Max(largest[way], hn::Abs(x)); });
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(largest[0], largest[1])));
}

/// True if every lane is +0 or -0.
HWY_INLINE bool all_zero(V bits) {
  const D d;
  return hn::AllTrue(d, hn::Eq(bits, hn::Zero(d)));
}

template <int levels>
HWY_INLINE bool sum_levels(const double* values, std::size_t count, int exponent, double* parts) {
  const D d;
  V sigma[levels];
  V sum[levels][2];
  for (int level = 0; level < levels; ++level) {
    sigma[level] = hn::Set(d, std::ldexp(1.0, exponent + block_bits - level * level_bits));
    sum[level][0] = sum[level][1] = hn::Zero(d);
  }
  V left_over = hn::Zero(d);
  for_each_vector<true>(values, count, [&](V x, int way) HWY_ATTR {
    for (int level = 0; level < levels; ++level) {
      const V top = hn::Sub(hn::Add(sigma[level], x), sigma[level]);
      sum[level][way] = hn::Add(sum[level][way], top);
      x = hn::Sub(x, top);
    }
    left_over = hn::Or(left_over, x);
  });
  for (int level = 0; level < levels; ++level) {
    parts[level] = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum[level][0], sum[level][1])));
  }
  return all_zero(left_over);
}

bool BlockSum(const double* values, std::size_t count, int levels, double* parts) {
  const double largest = largest_magnitude(values, count);
  if (!(largest < 0x1p1000)) return false;
  const int exponent = exponent_above(largest);
  return levels == 2 ? sum_levels<2>(values, count, exponent, parts)
                     : sum_levels<4>(values, count, exponent, parts);
}

// Squares: with u = 2^(M - 20), each value is split into x1 + x2 + x3 + x4, multiples of u, 2^-21 u, 2^-42 u,
// 2^-63 u of at most 2^20 units. So the products of two parts are whole units of at most 2^40, and 2^10 times
// four of them are below 2^53: the sums of products of equal weight are exact, and no fused operation is
// needed.
bool BlockSumOfSquares(const double* values, std::size_t count, double* parts) {
  constexpr int part_bits = 21;
  const D d;
  const double largest = largest_magnitude(values, count);
  if (!(largest < 0x1p450) || !(largest >= 0x1p-450)) return false;
  const int unit = exponent_above(largest) - part_bits + 1;
  V sigma[4];
  // 1.5 * 2^52 units: large enough that the sum stays within one binade, whatever the sign of x.
  for (int i = 0; i < 4; ++i) sigma[i] = hn::Set(d, std::ldexp(0x1.8p52, unit - i * part_bits));
  V sum[7];
  for (V& s : sum) s = hn::Zero(d);
  V left_over = hn::Zero(d);
  for_each_vector<true>(values, count, [&](V x, int) HWY_ATTR {
    V part[4];
    for (int i = 0; i < 4; ++i) {
      part[i] = hn::Sub(hn::Add(sigma[i], x), sigma[i]);
      x = hn::Sub(x, part[i]);
    }
    left_over = hn::Or(left_over, x);
    const V part2_twice = hn::Add(part[2], part[2]);
    const V part3_twice = hn::Add(part[3], part[3]);
    sum[0] = hn::MulAdd(part[0], part[0], sum[0]);
    sum[1] = hn::MulAdd(part[0], part[1], sum[1]);  // counts twice
    sum[2] = hn::MulAdd(part[0], part2_twice, hn::MulAdd(part[1], part[1], sum[2]));
    sum[3] = hn::MulAdd(part[0], part[3], hn::MulAdd(part[1], part[2], sum[3]));  // counts twice
    sum[4] = hn::MulAdd(part[1], part3_twice, hn::MulAdd(part[2], part[2], sum[4]));
    sum[5] = hn::MulAdd(part[2], part[3], sum[5]);  // counts twice
    sum[6] = hn::MulAdd(part[3], part[3], sum[6]);
  });
  for (int i = 0; i < 7; ++i) {
    const double total = hn::GetLane(hn::SumOfLanes(d, sum[i]));
    parts[i] = i % 2 == 1 && i < 6 ? 2 * total : total;
  }
  return all_zero(left_over);
}

}  // namespace fanfold::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {

HWY_EXPORT(BlockSum);
HWY_EXPORT(BlockSumOfSquares);

std::optional<BlockParts> block_sum(std::span<const double> values, BlockDepth depth) {
  BlockParts parts{};
  const int levels = depth == BlockDepth::bits_86 ? 2 : 4;
  if (!HWY_DYNAMIC_DISPATCH(BlockSum)(values.data(), values.size(), levels, parts.data()))
    return std::nullopt;
  return parts;
}

std::optional<BlockParts> block_sum_of_squares(std::span<const double> values) {
  BlockParts parts{};
  if (!HWY_DYNAMIC_DISPATCH(BlockSumOfSquares)(values.data(), values.size(), parts.data()))
    return std::nullopt;
  return parts;
}

}  // namespace fanfold
#endif
