// The one place where exact values become doubles.
#pragma once

#include <cstdint>

namespace fanfold {

/// bits * 2^exponent, rounded to the nearest double, ties to even; too large: infinity; small: subnormal or
/// zero. `below` says that the exact value is a little more than that, by less than 2^exponent; `bits` then
/// has at least 55 significant bits. Precondition: bits != 0.
double round_bits(bool negative, std::uint64_t bits, int exponent, bool below);

}  // namespace fanfold
