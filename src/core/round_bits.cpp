#include "core/round_bits.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/exact_sum.hpp"

namespace fanfold {

double round_bits(bool negative, std::uint64_t bits, int exponent, bool below) {
  constexpr int largest_exponent = 1023;
  constexpr int lowest_exponent = -1074;
  assert(bits != 0);
  const int unused = std::countl_zero(bits);
  bits <<= unused;
  exponent -= unused;
  const int top = exponent + 63;  // the value is in [2^top, 2^(top + 1))
  const double sign = negative ? -1.0 : 1.0;
  if (top > largest_exponent) return sign * std::numeric_limits<double>::infinity();
  const int precision = std::min(53, top - lowest_exponent + 1);
  if (precision < 0) return sign * 0.0;
  std::uint64_t kept = precision == 0 ? 0 : bits >> (64 - precision);
  const std::uint64_t rest = precision == 0 ? bits : bits << precision;
  constexpr std::uint64_t half = std::uint64_t{1} << 63;
  if (rest > half || (rest == half && (below || kept % 2 == 1))) ++kept;
  return sign * std::ldexp(static_cast<double>(kept), exponent + 64 - precision);
}

namespace {

/// floor(numerator * 2^shift / denominator), and whether that left a remainder.
struct Quotient {
  BigInteger value;
  bool remainder;
};

Quotient shifted_quotient(const BigInteger& numerator, const BigInteger& denominator, int shift) {
  const BigInteger dividend = shift > 0 ? BigInteger(numerator << shift) : numerator;
  const BigInteger divisor = shift < 0 ? BigInteger(denominator << -shift) : denominator;
  BigInteger quotient;
  BigInteger remainder;
  divide_qr(dividend, divisor, quotient, remainder);
  return {quotient, !remainder.is_zero()};
}

/// The binary order of magnitude of the quotient of two positive numbers, at most one too high.
int order_of_quotient(const BigInteger& numerator, const BigInteger& denominator) {
  return static_cast<int>(msb(numerator)) - static_cast<int>(msb(denominator));
}

}  // namespace

double rounded_quotient(const BigInteger& numerator, const BigInteger& denominator) {
  assert(denominator > 0);
  if (numerator.is_zero()) return 0.0;
  const BigInteger magnitude = abs(numerator);
  const int shift = 63 - order_of_quotient(magnitude, denominator);
  const Quotient quotient = shifted_quotient(magnitude, denominator, shift);
  return round_bits(numerator < 0, quotient.value.convert_to<std::uint64_t>(), -shift, quotient.remainder);
}

double rounded_square_root(const BigInteger& numerator, const BigInteger& denominator) {
  assert(numerator >= 0 && denominator > 0);
  if (numerator.is_zero()) return 0.0;
  int shift = 126 - order_of_quotient(numerator, denominator);
  if (shift % 2 != 0) --shift;
  const Quotient quotient = shifted_quotient(numerator, denominator, shift);
  BigInteger remainder;
  const BigInteger root = sqrt(quotient.value, remainder);
  return round_bits(false, root.convert_to<std::uint64_t>(), -shift / 2,
                    quotient.remainder || !remainder.is_zero());
}

}  // namespace fanfold
