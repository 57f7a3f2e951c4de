// Sums of doubles without rounding: the same bits in whatever order, on whatever number of ranks.
#pragma once

#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace fanfold {

using BigInteger = boost::multiprecision::cpp_int;

/// The exact sum of any number (below 2^63) of doubles: a superaccumulator of integer limbs (Neal: Fast exact
/// summation using small and large superaccumulators, 2015), fed by vector block extraction (Rump, Ogita, Oishi:
/// Accurate floating-point summation part I, 2008, AccSum). An exact commutative monoid: add and merge commute and
/// associate bit for bit, the default object is the identity.
/// Infinities and NaN are counted apart: any NaN, or infinities of both signs, make the sum NaN.
class ExactSum {
 public:
  void add(double value);
  /// Adds all values; the fast way, SIMD inside (dispatched at run time).
  void add(std::span<const double> values);
  /// Adds an integer, exactly.
  void add(std::int64_t value);
  /// Adds the square of a value, as two doubles (FMA). Exact unless it underflows: |value| >= 2^-485.
  void add_square(double value);
  void add_squares(std::span<const double> values);
  void merge(const ExactSum& other);

  bool is_zero() const;
  bool operator==(const ExactSum& other) const;

  /// The sum, rounded once to the nearest double, ties to even; +0 for an empty sum.
  double rounded() const;

  /// What the finite addends sum to, times 2^1074: an integer, whatever was added.
  BigInteger scaled() const;
  /// True if a NaN or an infinity was added; then `special` is the sum.
  bool has_special() const;
  double special() const;

  /// Limbs that are zero at both ends take no room.
  void encode(ByteWriter& out) const;
  static ExactSum decode(ByteReader& in);

 private:
  // (to be laid out by the implementation; small enough to have one for each group of a reduction)
};

/// numerator / denominator, rounded once to the nearest double, ties to even (subnormals and overflow too).
/// Precondition: denominator > 0.
double rounded_quotient(const BigInteger& numerator, const BigInteger& denominator);

/// The square root of numerator / denominator, rounded once. Preconditions: numerator >= 0, denominator > 0.
double rounded_square_root(const BigInteger& numerator, const BigInteger& denominator);

}  // namespace fanfold
