// Blocks of doubles summed without rounding, in SIMD: the inner loops of ExactSum.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace fanfold {

/// The longest block that block_sum and block_sum_of_squares take.
inline constexpr std::size_t max_exact_block = 1024;

/// A few doubles whose exact sum is what a block sums to; the rest are zeros.
using BlockParts = std::array<double, 8>;

/// How many bits below its largest value a block may reach down: more bits take more time.
enum class BlockDepth { bits_86, bits_172 };

/// The sum of at most max_exact_block values. None if the values reach further down than `depth`, are close
/// to overflow or are not all finite.
std::optional<BlockParts> block_sum(std::span<const double> values, BlockDepth depth);

/// The sum of the squares of at most max_exact_block values. None if the values reach further down than 83
/// bits below the largest, if that is outside of 2^-450 ... 2^450, or if they are not all finite.
std::optional<BlockParts> block_sum_of_squares(std::span<const double> values);

}  // namespace fanfold
