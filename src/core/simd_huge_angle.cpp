#include "core/simd_huge_angle.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace fanfold {
namespace {

__extension__ using Uint128 = unsigned __int128;

/// A word of zeros, and then the binary digits of 2/pi after the point, most significant word first: enough
/// for the largest double.
constexpr std::array<std::uint64_t, 21> two_over_pi = {0,
                                                       0xa2f9836e4e441529,
                                                       0xfc2757d1f534ddc0,
                                                       0xdb6295993c439041,
                                                       0xfe5163abdebbc561,
                                                       0xb7246e3a424dd2e0,
                                                       0x06492eea09d1921c,
                                                       0xfe1deb1cb129a73e,
                                                       0xe88235f52ebb4484,
                                                       0xe99c7026b45f7e41,
                                                       0x3991d639835339f4,
                                                       0x9c845f8bbdf9283b,
                                                       0x1ff897ffde05980f,
                                                       0xef2f118b5a0a6d1f,
                                                       0x6d367ecf27cb09b7,
                                                       0x4f463f669e5fea2d,
                                                       0x7527bac7ebe5f17b,
                                                       0x3d0739f78a5292ea,
                                                       0x6bfb5fb11f8d5d08,
                                                       0x56033046fc7b6bab,
                                                       0xf0cfbc209af4361d};

/// pi/2 as an integer times 2^-127.
constexpr Uint128 half_pi = Uint128{0xc90fdaa22168c234} << 64 | 0xc4c6628b80dc1cd1;

/// The 64 digits that start at this bit of `two_over_pi`.
std::uint64_t digits(int bit) {
  const std::size_t word = static_cast<std::size_t>(bit) / 64;
  const int shift = bit % 64;
  if (shift == 0) return two_over_pi[word];
  return two_over_pi[word] << shift | two_over_pi[word + 1] >> (64 - shift);
}

/// The high half of the 256-bit product.
Uint128 multiply_high(Uint128 a, Uint128 b) {
  const std::uint64_t a1 = static_cast<std::uint64_t>(a >> 64);
  const std::uint64_t a0 = static_cast<std::uint64_t>(a);
  const std::uint64_t b1 = static_cast<std::uint64_t>(b >> 64);
  const std::uint64_t b0 = static_cast<std::uint64_t>(b);
  const Uint128 low = Uint128{a0} * b0;
  const Uint128 middle1 = Uint128{a1} * b0 + (low >> 64);
  const Uint128 middle2 = Uint128{a0} * b1 + static_cast<std::uint64_t>(middle1);
  return Uint128{a1} * b1 + (middle1 >> 64) + (middle2 >> 64);
}

int leading_zeros(Uint128 value) {
  const std::uint64_t high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(value));
}

}  // namespace

ReducedAngle reduce_huge_angle(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t mantissa = (bits & 0xfffffffffffff) | std::uint64_t{1} << 52;
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;  // |x| = mantissa * 2^exponent

  // Digits of 2/pi worth 4 or more, times 2^exponent, make whole turns only; 192 of the others are enough, as
  // no double is nearer than 2^-62 (relatively) to a multiple of pi/2. product is |x| * 2/pi modulo 4, times
  // 2^190.
  const int first = 64 + exponent - 2;
  const Uint128 low = Uint128{mantissa} * digits(first + 128);
  const Uint128 middle = Uint128{mantissa} * digits(first + 64) + (low >> 64);
  const std::uint64_t high = mantissa * digits(first) + static_cast<std::uint64_t>(middle >> 64);

  int quadrant = static_cast<int>(high >> 62);
  Uint128 fraction = Uint128{high} << 66 | static_cast<Uint128>(static_cast<std::uint64_t>(middle)) << 2 |
                     static_cast<std::uint64_t>(low) >> 62;
  bool negative = (fraction >> 127) != 0;  // over half a quadrant: count from the next one
  if (negative) {
    fraction = -fraction;
    ++quadrant;
  }
  const int zeros = leading_zeros(fraction);
  const Uint128 angle = multiply_high(fraction << zeros, half_pi);  // times 2^(-127 - zeros)

  if (x < 0) {
    negative = !negative;
    quadrant = -quadrant;
  }
  const double sign = negative ? -1.0 : 1.0;
  const double head = static_cast<double>(static_cast<std::uint64_t>(angle >> 75));
  // angle >> 11 keeps 117 bits; its low 64 come after the head's 53.
  const double tail = static_cast<double>(static_cast<std::uint64_t>(angle >> 11));
  return {sign * std::ldexp(head, -52 - zeros), sign * std::ldexp(tail, -116 - zeros), quadrant & 3};
}

}  // namespace fanfold
