// The operations that have no vector form, for one row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace fanfold::expr {

// Each computes `result` and returns true if the row fails.

/// a − b·floor(a / b), with the sign of the divisor. Fails for b = 0; cannot overflow.
inline bool modulo_fails(std::int64_t a, std::int64_t b, std::int64_t& result) {
  result = 0;
  if (b == 0) return true;
  if (b == -1) return false;  // the hardware's division of the smallest integer by −1 traps
  const std::int64_t remainder = a % b;
  result = remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
  return false;
}

/// The same for reals, like Python's: exact but for the last addition, a zero has the divisor's sign, NaN for
/// b = 0. std::fmod is exact by IEEE 754 (a remainder without rounding), so every C library gives the same
/// bits.
inline bool modulo_fails(double a, double b, double& result) {
  const double remainder = std::fmod(a, b);
  result = remainder == 0 ? std::copysign(0.0, b) : (remainder < 0) != (b < 0) ? remainder + b : remainder;
  return false;
}

/// base^exponent modulo 2^64, by squaring; true if it overflows. Precondition: exponent >= 0.
inline bool power_overflows(std::int64_t base, std::int64_t exponent, std::int64_t& result) {
  bool overflow = false;
  bool square_overflowed = false;
  result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0) {
      overflow |= square_overflowed;  // bases of magnitude 0 and 1 never do
      overflow |= __builtin_mul_overflow(result, base, &result);
    }
    exponent >>= 1;
    square_overflowed |= __builtin_mul_overflow(base, base, &base);
  }
  return overflow;
}

/// base^exponent; fails if it overflows or the exponent is negative.
inline bool power_fails(std::int64_t base, std::int64_t exponent, std::int64_t& result) {
  return exponent < 0 || power_overflows(base, exponent, result);
}

/// The reals that have an integer part of 64 bits.
inline bool truncates_to_integer(double value) { return value >= -0x1p63 && value < 0x1p63; }

/// The number of UTF-8 characters: of bytes that do not continue one.
inline std::int64_t utf8_length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace fanfold::expr
