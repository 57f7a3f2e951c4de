// The inverses of the trigonometric functions, in radians: Asin, Acos, Atan, Atan2.
#include "core/simd_trigonometric-inl.h"

#if defined(FANFOLD_SIMD_ARC_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_ARC_INL_H
#undef FANFOLD_SIMD_ARC_INL_H
#else
#define FANFOLD_SIMD_ARC_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// atan(a / b) - (middle ? pi/4 : 0). Preconditions: 0 <= a <= b, 2^-900 <= b <= 2^900.
template <class D, class V, class M>
HWY_INLINE DoubleDouble<V> SmallAtan(D d, V a, V b, M middle) {
  // (atan(y) - y) / y^3 in y^2 for |y| <= tan(pi/8); the error of the arc tangent is below 2^-59.9.
  static constexpr double c[] = {-0x1.5555555555555p-2, 0x1.9999999999787p-3,  -0x1.249249247c891p-3,
                                 0x1.c71c71b9ca102p-4,  -0x1.745d14f89ddddp-4, 0x1.3b1371d1c7bd5p-4,
                                 -0x1.110c91e25b1bcp-4, 0x1.e172f91eb9277p-5,  -0x1.ab7c64abd4440p-5,
                                 0x1.70d02e6a08b9dp-5,  -0x1.11c4c3d23e228p-5, 0x1.ef7692d4a84b9p-7};
  // tan(angle - pi/4) = (a - b) / (a + b)
  const V zero = hn::Zero(d);
  const DoubleDouble<V> difference = FastTwoSum(hn::Neg(b), a);
  const DoubleDouble<V> sum = FastTwoSum(b, a);
  const DoubleDouble<V> over = {hn::IfThenElse(middle, difference.high, a),
                                hn::IfThenElse(middle, difference.low, zero)};
  const DoubleDouble<V> under = {hn::IfThenElse(middle, sum.high, b), hn::IfThenElse(middle, sum.low, zero)};
  const DoubleDouble<V> y = Divide(d, over, under);
  const V z = y.high * y.high;
  const V low_part = hn::NegMulAdd(z, y.low, y.low);  // y.low / (1 + z), nearly
  return {y.high, hn::MulAdd(y.high * z, Polynomial(d, z, c), low_part)};
}

/// Where a / b is over tan(pi/8).
template <class D, class V>
HWY_INLINE hn::Mask<D> IsMiddle(D d, V a, V b) {
  return hn::Gt(a, b * hn::Set(d, 0x1.a827999fcef32p-2));
}

/// base + part, where base is a sum of two doubles, zero or larger than part.
template <class V>
HWY_INLINE V AddToBase(V base_high, V base_low, V high, V low) {
  const DoubleDouble<V> sum = FastTwoSum(base_high, high);
  return sum.high + (sum.low + (base_low + low));
}

/// The arc tangent. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Atan(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const V absolute = hn::Min(hn::Abs(x), hn::Set(d, 0x1p900));
  const auto steep = hn::Gt(absolute, one);  // atan(t) = pi/2 - atan(1/t)
  const V a = hn::Min(absolute, one);
  const V b = hn::Max(absolute, one);
  const auto middle = IsMiddle(d, a, b);
  const DoubleDouble<V> part = SmallAtan(d, a, b, middle);
  const V flip = hn::IfThenElseZero(steep, hn::SignBit(d));
  const V quarter_high = hn::IfThenElseZero(middle, hn::Set(d, 0.5 * half_pi_high));
  const V quarter_low = hn::IfThenElseZero(middle, hn::Set(d, 0.5 * half_pi_low));
  const V base_high = hn::IfThenElse(steep, hn::Set(d, half_pi_high) - quarter_high, quarter_high);
  const V base_low = hn::IfThenElse(steep, hn::Set(d, half_pi_low) - quarter_low, quarter_low);
  const V value = AddToBase(base_high, base_low, hn::Xor(part.high, flip), hn::Xor(part.low, flip));
  return KeepNaN(x, hn::CopySign(value, x));
}

/// The angle of the point (x, y), from -pi to pi, with the signs of zeros as C11, F.10.1.4. Error below 0.9
/// ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Atan2(D d, V y, V x) {
  const V one = hn::Set(d, 1.0);
  const V zero = hn::Zero(d);
  const V infinity = hn::Inf(d);
  V rise = hn::Abs(y);
  V run = hn::Abs(x);
  const V larger = hn::Max(rise, run);
  // Ratios with an infinity are those of zeros and ones; the others are brought into range.
  const auto infinite = hn::Eq(larger, infinity);
  rise = hn::IfThenElse(infinite, hn::IfThenElseZero(hn::Eq(rise, infinity), one), rise);
  run = hn::IfThenElse(infinite, hn::IfThenElseZero(hn::Eq(run, infinity), one), run);
  const V scale =
      hn::IfThenElse(hn::Gt(larger, hn::Set(d, 0x1p900)), hn::Set(d, 0x1p-200),
                     hn::IfThenElse(hn::Lt(larger, hn::Set(d, 0x1p300)), hn::Set(d, 0x1p600), one));
  const V scaled = hn::IfThenElse(infinite, one, scale);
  rise = rise * scaled;
  run = run * scaled;

  const auto steep = hn::Gt(rise, run);
  const V a = hn::Min(rise, run);
  const V larger_scaled = hn::Max(rise, run);
  const V b = hn::IfThenElse(hn::Eq(larger_scaled, zero), one, larger_scaled);
  const auto middle = IsMiddle(d, a, b);
  const DoubleDouble<V> part = SmallAtan(d, a, b, middle);

  // The angle is a multiple of pi/4 plus or minus the part; to the left of the axis, the supplement of that.
  const V right = hn::IfThenElse(middle, one, hn::IfThenElseZero(steep, hn::Set(d, 2.0)));
  const V count = hn::IfThenElse(HasSignBit(d, x), hn::Set(d, 4.0) - right, right);
  const V flip = hn::Xor(hn::IfThenElseZero(steep, hn::SignBit(d)), hn::And(x, hn::SignBit(d)));
  const DoubleDouble<V> base = TwoProduct(d, count, hn::Set(d, 0.5 * half_pi_high));
  const V base_low = hn::MulAdd(count, hn::Set(d, 0.5 * half_pi_low), base.low);
  const V value = AddToBase(base.high, base_low, hn::Xor(part.high, flip), hn::Xor(part.low, flip));
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), hn::CopySign(value, y));
}

/// The arc sine of `absolute`, or where that is over 1/2, half of its arc cosine: asin(t) = pi/2 - 2
/// asin(sqrt((1-t)/2)).
template <class D, class V>
HWY_INLINE DoubleDouble<V> SmallAsin(D d, V absolute, hn::Mask<D> large) {
  // (asin(y) - y) / y^3 in y^2 for |y| <= 1/2; the error of the arc sine is below 2^-58.3.
  static constexpr double c[] = {0x1.5555555555562p-3, 0x1.333333333075cp-4, 0x1.6db6db7095bdap-5,
                                 0x1.f1c71b0ac3557p-6, 0x1.6e8bd458e604ap-6, 0x1.1c4a8683616dfp-6,
                                 0x1.ca14bd59742e1p-7, 0x1.75c65214f3a2dp-7, 0x1.6047eacaa84d1p-7,
                                 0x1.ee25068e0cc9cp-9, 0x1.62d3886d20a95p-6, -0x1.590c49229ce5ap-6,
                                 0x1.0c37de51d10c0p-5};
  const V half = hn::Set(d, 0.5);
  const V complement = hn::NegMulAdd(half, absolute, half);  // (1 - t) / 2, exact for t over 1/2
  const V z = hn::IfThenElse(large, complement, absolute * absolute);
  const V root = hn::Sqrt(z);
  const V rest = Residual(d, root, root, z) * (half / hn::Max(root, hn::Set(d, 0x1p-100)));
  const V y = hn::IfThenElse(large, root, absolute);
  const V low = hn::IfThenElseZero(large, rest);
  return {y, hn::MulAdd(y * z, Polynomial(d, z, c), low)};
}

/// The arc sine. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Asin(D d, V x) {
  const V absolute = hn::Abs(x);
  const auto large = hn::Gt(absolute, hn::Set(d, 0.5));
  const DoubleDouble<V> part = SmallAsin(d, absolute, large);
  const V factor = hn::IfThenElse(large, hn::Set(d, -2.0), hn::Set(d, 1.0));
  const V base_high = hn::IfThenElseZero(large, hn::Set(d, half_pi_high));
  const V base_low = hn::IfThenElseZero(large, hn::Set(d, half_pi_low));
  return KeepNaN(x, hn::CopySign(AddToBase(base_high, base_low, part.high * factor, part.low * factor), x));
}

/// The arc cosine. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Acos(D d, V x) {
  const V absolute = hn::Abs(x);
  const V zero = hn::Zero(d);
  const auto large = hn::Gt(absolute, hn::Set(d, 0.5));
  const DoubleDouble<V> part = SmallAsin(d, absolute, large);
  // pi/2 - asin(x), and where |x| is large, twice the part or pi minus that.
  const V quarters =
      hn::IfThenElse(large, hn::IfThenElse(HasSignBit(d, x), hn::Set(d, 2.0), zero), hn::Set(d, 1.0));
  const V unsigned_factor = hn::IfThenElse(large, hn::Set(d, 2.0), hn::Set(d, -1.0));
  const V factor = hn::Xor(unsigned_factor, hn::And(x, hn::SignBit(d)));
  const V value = AddToBase(quarters * hn::Set(d, half_pi_high), quarters * hn::Set(d, half_pi_low),
                            part.high * factor, part.low * factor);
  return KeepNaN(x, value);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
