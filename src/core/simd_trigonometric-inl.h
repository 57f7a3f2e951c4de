// Sine, cosine and tangent of angles in radians, of any size: Sin, Cos, Tan.
#include "core/simd_double_double-inl.h"
#include "core/simd_huge_angle.hpp"

#if defined(FANFOLD_SIMD_TRIGONOMETRIC_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_TRIGONOMETRIC_INL_H
#undef FANFOLD_SIMD_TRIGONOMETRIC_INL_H
#else
#define FANFOLD_SIMD_TRIGONOMETRIC_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// pi/2 as a sum of three doubles.
inline constexpr double half_pi_high = 0x1.921fb54442d18p+0;
inline constexpr double half_pi_low = 0x1.1a62633145c07p-54;
inline constexpr double half_pi_lowest = -0x1.f1976b7ed8fbcp-110;

/// An angle as n pi/2 + high + low with |high| <= pi/4 (a little more is possible through rounding); the
/// whole number n is in the lowest bits of `turns`, modulo 4.
template <class V>
struct Reduced {
  V high;
  V low;
  V turns;
};

/// Reduces the lanes of at least 2^40, an infinity or NaN one by one.
template <class D, class V>
HWY_NOINLINE void ReduceHugeAngles(D d, const V& x, Reduced<V>& reduced) {
  HWY_ALIGN double angle[hn::MaxLanes(d)];
  HWY_ALIGN double high[hn::MaxLanes(d)];
  HWY_ALIGN double low[hn::MaxLanes(d)];
  HWY_ALIGN double turns[hn::MaxLanes(d)];
  hn::Store(x, d, angle);
  hn::Store(reduced.high, d, high);
  hn::Store(reduced.low, d, low);
  hn::Store(reduced.turns, d, turns);
  for (std::size_t lane = 0; lane < hn::Lanes(d); ++lane) {
    if (angle[lane] > -0x1p40 && angle[lane] < 0x1p40) continue;
    ReducedAngle one = {angle[lane] - angle[lane], 0.0, 0};  // NaN for an infinity
    if (one.high == 0.0) one = reduce_huge_angle(angle[lane]);
    high[lane] = one.high;
    low[lane] = one.low;
    turns[lane] = whole_number_magic + one.quadrant;
  }
  reduced.high = hn::Load(d, high);
  reduced.low = hn::Load(d, low);
  reduced.turns = hn::Load(d, turns);
}

/// Subtracts the nearest multiple of pi/2 (Cody & Waite, with the parts of pi/2 in full and error-free
/// products).
template <class D, class V>
HWY_INLINE Reduced<V> ReduceAngle(D d, V x) {
  const V magic = hn::Set(d, whole_number_magic);
  const V turns = hn::MulAdd(x, hn::Set(d, 0x1.45f306dc9c883p-1), magic);  // 2 / pi
  const V n = turns - magic;
  // Exact below 2^40: a multiple of 2^-53 that is at most about 1.
  const V rest = Residual(d, n, hn::Set(d, half_pi_high), x);
  const DoubleDouble<V> second = TwoProduct(d, n, hn::Set(d, half_pi_low));
  const DoubleDouble<V> sum = TwoSum(rest, hn::Neg(second.high));
  const V low = hn::NegMulAdd(n, hn::Set(d, half_pi_lowest), sum.low - second.low);
  Reduced<V> reduced = {sum.high, low, turns};
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(hn::Abs(x), hn::Set(d, 0x1p40))))) ReduceHugeAngles(d, x, reduced);
  return reduced;
}

/// sin(high + low), to about 2^-56, for |high| <= pi/4.
template <class D, class V>
HWY_INLINE DoubleDouble<V> SmallSin(D d, V high, V low) {
  // (sin(r) - r) / r^3 in r^2; the error of the sine is below 2^-56.2.
  static constexpr double c[] = {-0x1.555555555554cp-3, 0x1.111111110fb34p-7,   -0x1.a01a019c2cb62p-13,
                                 0x1.71de356baf5d0p-19, -0x1.ae5e4940a9543p-26, 0x1.5d86878bc7e1cp-33};
  const V z = high * high;
  const V low_part = hn::NegMulAdd(hn::Set(d, 0.5) * z, low, low);  // low cos(high)
  return {high, hn::MulAdd(high * z, Polynomial(d, z, c), low_part)};
}

/// cos(high + low), to about 2^-58, for |high| <= pi/4.
template <class D, class V>
HWY_INLINE DoubleDouble<V> SmallCos(D d, V high, V low) {
  // (cos(r) - 1 + r^2/2) / r^4 in r^2; the error of the cosine is below 2^-60.8.
  static constexpr double c[] = {0x1.5555555555553p-5,   -0x1.6c16c16c16126p-10, 0x1.a01a019e22eecp-16,
                                 -0x1.27e4f9022a5acp-22, 0x1.1eea87d205de6p-29,  -0x1.8ff8f0d755625p-37};
  const V half_high = hn::Set(d, 0.5) * high;
  const DoubleDouble<V> half_z = TwoProduct(d, half_high, high);
  const V z = high * high;
  const DoubleDouble<V> head = FastTwoSum(hn::Set(d, 1.0), hn::Neg(half_z.high));
  const V tail = hn::MulAdd(z * z, Polynomial(d, z, c), hn::NegMulAdd(high, low, head.low - half_z.low));
  return {head.high, tail};
}

/// `if_odd` where n is odd, else `if_even`.
template <class D, class V>
HWY_INLINE V SelectOdd(D d, V turns, V if_odd, V if_even) {
  const hn::RebindToUnsigned<D> du;
  const auto odd = hn::TestBit(hn::BitCast(du, turns), hn::Set(du, 1));
  return hn::IfThenElse(hn::RebindMask(d, odd), if_odd, if_even);
}

/// A sign bit where bit 1 of n is set.
template <class D, class V>
HWY_INLINE V SignOfHalfTurn(D d, V turns) {
  const hn::RebindToUnsigned<D> du;
  return hn::And(hn::BitCast(d, hn::ShiftLeft<62>(hn::BitCast(du, turns))), hn::SignBit(d));
}

/// The sine. Error below 0.85 ULP.
template <class D, class V>
HWY_INLINE V Sin(D d, V x) {
  const Reduced<V> angle = ReduceAngle(d, x);
  const DoubleDouble<V> sine = SmallSin(d, angle.high, angle.low);
  const DoubleDouble<V> cosine = SmallCos(d, angle.high, angle.low);
  const V value =
      SelectOdd(d, angle.turns, cosine.high, sine.high) + SelectOdd(d, angle.turns, cosine.low, sine.low);
  const V result = hn::Xor(value, SignOfHalfTurn(d, angle.turns));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-30)), x, result);
}

/// The cosine. Error below 0.85 ULP.
template <class D, class V>
HWY_INLINE V Cos(D d, V x) {
  const Reduced<V> angle = ReduceAngle(d, x);
  const DoubleDouble<V> sine = SmallSin(d, angle.high, angle.low);
  const DoubleDouble<V> cosine = SmallCos(d, angle.high, angle.low);
  const V value =
      SelectOdd(d, angle.turns, sine.high, cosine.high) + SelectOdd(d, angle.turns, sine.low, cosine.low);
  // Negative in the second and third quadrants: n + 1 has its bit 1 set.
  return hn::Xor(value, SignOfHalfTurn(d, angle.turns + hn::Set(d, 1.0)));
}

/// The tangent. Error below 1.1 ULP.
template <class D, class V>
HWY_INLINE V Tan(D d, V x) {
  const Reduced<V> angle = ReduceAngle(d, x);
  DoubleDouble<V> sine = SmallSin(d, angle.high, angle.low);
  DoubleDouble<V> cosine = SmallCos(d, angle.high, angle.low);
  sine = FastTwoSum(sine.high, sine.low);
  cosine = FastTwoSum(cosine.high, cosine.low);
  const DoubleDouble<V> over = {SelectOdd(d, angle.turns, hn::Neg(cosine.high), sine.high),
                                SelectOdd(d, angle.turns, hn::Neg(cosine.low), sine.low)};
  const DoubleDouble<V> under = {SelectOdd(d, angle.turns, sine.high, cosine.high),
                                 SelectOdd(d, angle.turns, sine.low, cosine.low)};
  const DoubleDouble<V> quotient = Divide(d, over, under);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-30)), x, quotient.high + quotient.low);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
