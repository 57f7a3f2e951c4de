// Logarithms for products of reals: the same bits on every machine, and far more of them than a double has.
#pragma once

#include <cstdint>

#include "core/big_integer.hpp"

namespace fanfold::reduce {

/// Fractional bits of the fixed-point numbers here.
inline constexpr unsigned logarithm_bits = 120;

/// The natural logarithm of significand / 2^52, times 2^120; off by less than 16 of these units, and 0 for
/// the significand 2^52. Precondition: 2^52 <= significand < 2^53. Some 30 ns; the first call makes tables,
/// about a millisecond. Any thread.
__int128 logarithm_of_significand(std::uint64_t significand);

/// 2^exponent * e^(logarithm / 2^120), rounded to the nearest double (subnormals and overflow too).
double exponential(const BigInteger& logarithm, const BigInteger& exponent);

}  // namespace fanfold::reduce
