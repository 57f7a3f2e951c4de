// Sums of doubles without rounding: the same bits in whatever order, on whatever number of ranks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/big_integer.hpp"
#include "core/bytes.hpp"

namespace fanfold {

/// The exact sum of any number (below 2^63) of doubles: a superaccumulator of integer limbs (Neal: Fast exact
/// summation using small and large superaccumulators, 2015), fed by vector block extraction (Rump, Ogita,
/// Oishi: Accurate floating-point summation part I, 2008, AccSum). An exact commutative monoid: add and merge
/// commute and associate bit for bit, the default object is the identity. Infinities and NaN are counted
/// apart: any NaN, or infinities of both signs, make the sum NaN.
class ExactSum {
 public:
  void add(double value);
  /// Adds all values; the fast way, SIMD inside (dispatched at run time).
  void add(std::span<const double> values);
  /// Adds an integer, exactly.
  void add(std::int64_t value);
  /// Adds the square of a value: exactly, squares above the largest double too, if |value| >= 2^-485. A
  /// smaller one underflows: what is added is its nearest double and the nearest double to the rest (FMA), so
  /// that it is off by less than 2^-1074, and by the same in whatever order.
  void add_square(double value);
  void add_squares(std::span<const double> values);
  void merge(const ExactSum& other);
  /// The identity again; keeps its memory.
  void clear();

  /// True if the sum is zero and nothing special was added.
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
  /// Throws DecodeError at bytes that encode does not write.
  static ExactSum decode(ByteReader& in);

  /// Bytes of memory beside the object itself.
  std::size_t heap_bytes() const { return limbs_.capacity() * sizeof(std::int64_t); }

 private:
  struct Magnitude;
  Magnitude magnitude() const;

  void add_each(std::span<const double> values);
  void add_squares_of_each(std::span<const double> values);
  void add_shifted(unsigned position, std::int64_t value);
  void add_special(double value);
  void cover(unsigned limb);
  void carry();

  /// A window of the limbs, the lowest first; limbs outside of it are zero. Limb k weighs 2^(32 k - 1074);
  /// each holds 64 bits, so that carries can wait. One sum of ordinary values has about five limbs, the
  /// widest a hundred.
  std::vector<std::int64_t> limbs_;
  std::uint16_t first_ = 0;    ///< which limb limbs_[0] is
  std::uint16_t pending_ = 0;  ///< additions since the last carry(), at most max_pending
  std::uint8_t specials_ = 0;  ///< a set of what was added: NaN, +infinity, -infinity
};

/// numerator / denominator, rounded once to the nearest double, ties to even (subnormals and overflow too).
/// Precondition: denominator > 0.
double rounded_quotient(const BigInteger& numerator, const BigInteger& denominator);

/// The square root of numerator / denominator, rounded once. Preconditions: numerator >= 0, denominator > 0.
double rounded_square_root(const BigInteger& numerator, const BigInteger& denominator);

}  // namespace fanfold
