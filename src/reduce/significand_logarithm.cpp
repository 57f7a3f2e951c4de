// Integer arithmetic only. The significand is multiplied, exactly, by three constants that bring it ever
// closer to a power of two (by tables of the constants and their logarithms: Wong and Goto, Fast evaluation
// of the elementary functions in double precision, 1994, do the same in floating point); the logarithm of
// what is left, 1 + e with |e| < 2^-21, are five terms of its series.
#include "reduce/significand_logarithm.hpp"

#include <array>
#include <limits>

#include "core/exact_sum.hpp"

namespace fanfold::reduce {
namespace {

using Unsigned128 = unsigned __int128;

// ---- logarithms with 250 bits, for the tables and the end
// -----------------------------------------------------

constexpr unsigned wide_bits = 250;

/// ln(numerator / denominator) * 2^250, by the series of 2 artanh((n - d) / (n + d)).
BigInteger wide_logarithm(const BigInteger& numerator, const BigInteger& denominator) {
  const BigInteger above = numerator - denominator;
  const BigInteger below = numerator + denominator;
  BigInteger power = (above << (wide_bits + 1)) / below;
  BigInteger sum = 0;
  for (unsigned n = 1; !power.is_zero(); n += 2) {
    sum += power / n;
    power = power * above * above / (below * below);
  }
  return sum;
}

const BigInteger& wide_logarithm_of_two() {
  static const BigInteger value = wide_logarithm(2, 1);
  return value;
}

/// Rounded to 120 fractional bits.
__int128 narrow(const BigInteger& wide) {
  const BigInteger rounded =
      (abs(wide) + (BigInteger(1) << (wide_bits - logarithm_bits - 1))) >> (wide_bits - logarithm_bits);
  const auto magnitude = (static_cast<Unsigned128>(static_cast<std::uint64_t>(rounded >> 64)) << 64) |
                         static_cast<std::uint64_t>(rounded & std::numeric_limits<std::uint64_t>::max());
  return wide < 0 ? -static_cast<__int128>(magnitude) : static_cast<__int128>(magnitude);
}

// ---- the tables
// -----------------------------------------------------------------------------------------------

/// A constant to multiply by, and the logarithm that this takes away.
struct Step {
  std::uint64_t factor;
  __int128 logarithm;
};

struct FactorTables {
  std::array<Step, 128> first;   ///< factors of 9 bits
  std::array<Step, 256> second;  ///< of 17 bits
  std::array<Step, 256> third;   ///< of 25 bits
};

/// The factor nearest to 2^shift * denominator / numerator, which brings numerator / denominator to 2^shift.
Step step(unsigned shift, const BigInteger& numerator, const BigInteger& denominator) {
  const BigInteger factor = ((denominator << (shift + 1)) / numerator + 1) >> 1;
  return {static_cast<std::uint64_t>(factor), narrow(wide_logarithm(BigInteger(1) << shift, factor))};
}

/// The middle of each piece is 1 + i/128 + 1/256, 1 - 2^-7 + (i + 1/2) 2^-14, 1 - 2^-14 + (i + 1/2) 2^-21.
FactorTables make_tables() {
  FactorTables tables;
  const BigInteger one = 1;
  for (unsigned i = 0; i < tables.first.size(); ++i) tables.first[i] = step(9, 257 + 2 * i, 256);
  for (unsigned i = 0; i < tables.second.size(); ++i) {
    tables.second[i] = step(16, (one << 15) - (1 << 8) + 2 * i + 1, one << 15);
    tables.third[i] = step(24, (one << 22) - (1 << 8) + 2 * i + 1, one << 22);
  }
  return tables;
}

/// ln(1 + e) * 2^120 for the e with 101 fractional bits, |e| < 2^-21: each power is truncated where it no
/// longer counts.
__int128 series(__int128 e) {
  const bool negative = e < 0;
  const auto magnitude = static_cast<Unsigned128>(negative ? -e : e);  // 80 bits
  const auto high = static_cast<std::uint64_t>(magnitude >> 32);
  const auto low = static_cast<std::uint64_t>(magnitude & 0xFFFFFFFF);
  const auto top = static_cast<std::uint64_t>(magnitude >> 16);  // 85 fractional bits
  const Unsigned128 square =
      (static_cast<Unsigned128>(high) * high >> 18) + (static_cast<Unsigned128>(high) * low >> 49);
  const auto short_square = static_cast<std::uint64_t>(square >> 14);  // 106 fractional bits
  const Unsigned128 cube = static_cast<Unsigned128>(short_square) * top >> 71;
  const Unsigned128 fourth = static_cast<Unsigned128>(short_square) * short_square >> 92;
  const Unsigned128 fifth = fourth * top >> 85;
  const auto odd = static_cast<__int128>((magnitude << 19) + cube / 3 + fifth / 5);
  return (negative ? -odd : odd) - static_cast<__int128>(square / 2 + fourth / 4);
}

}  // namespace

__int128 logarithm_of_significand(std::uint64_t significand) {
  static const FactorTables tables = make_tables();
  constexpr std::uint64_t one = std::uint64_t{1} << 52;
  if (significand == one) return 0;
  const Step& first = tables.first[(significand >> 45) - 128];
  const std::uint64_t nearer = significand * first.factor;  // about 2^61, off by 2^-7 of it at most
  const Step& second = tables.second[(nearer - (std::uint64_t{1} << 61) + (std::uint64_t{1} << 54)) >> 47];
  const Unsigned128 near = static_cast<Unsigned128>(nearer) * second.factor;  // about 2^77, by 2^-14
  const Step& third =
      tables.third[static_cast<std::size_t>((near - (Unsigned128{1} << 77) + (Unsigned128{1} << 63)) >> 56)];
  const Unsigned128 nearest = near * third.factor;  // about 2^101, by 2^-21
  return first.logarithm + second.logarithm + third.logarithm +
         series(static_cast<__int128>(nearest - (Unsigned128{1} << 101)));
}

double exponential(const BigInteger& logarithm, const BigInteger& exponent) {
  const BigInteger& two = wide_logarithm_of_two();
  const BigInteger wide = logarithm << (wide_bits - logarithm_bits);
  BigInteger doublings = wide / two;
  if (wide < 0) --doublings;
  const BigInteger rest = wide - doublings * two;  // 0 … ln 2
  BigInteger sum = 0;
  BigInteger term = BigInteger(1) << wide_bits;
  for (unsigned n = 1; !term.is_zero(); ++n) {
    sum += term;
    term = (term * rest >> wide_bits) / n;
  }
  const BigInteger binary_exponent = exponent + doublings;
  if (binary_exponent > 1100) return std::numeric_limits<double>::infinity();
  if (binary_exponent < -1200) return 0;
  const int shift = static_cast<int>(binary_exponent);
  const unsigned up = shift > 0 ? static_cast<unsigned>(shift) : 0U;
  const unsigned down = shift < 0 ? static_cast<unsigned>(-shift) : 0U;
  return rounded_quotient(sum << up, BigInteger(1) << (wide_bits + down));
}

}  // namespace fanfold::reduce
