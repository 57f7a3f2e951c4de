// The operations that have no vector form, for one row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace fanfold::expr {

/// a − b·floor(a / b), the sign of the divisor. Precondition: b != 0. Cannot overflow.
inline std::int64_t floored_modulo(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;  // the hardware's division of the smallest integer by −1 traps
  const std::int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

/// The same for reals, like Python's: exact but for the last addition, a zero has the divisor's sign, NaN for
/// b = 0. std::fmod is exact by IEEE 754 (remainder without rounding), so every C library gives the same
/// bits.
inline double floored_modulo(double a, double b) {
  const double remainder = std::fmod(a, b);
  if (remainder == 0) return std::copysign(0.0, b);
  return (remainder < 0) != (b < 0) ? remainder + b : remainder;
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

/// The reals that have an integer part of 64 bits.
inline bool truncates_to_integer(double value) { return value >= -0x1p63 && value < 0x1p63; }

/// The number of UTF-8 characters: of bytes that do not continue one.
inline std::int64_t utf8_length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace fanfold::expr
