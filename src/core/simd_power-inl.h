// Powers and roots of doubles: Pow, Cbrt, Hypot.
#include "core/simd_exp_log-inl.h"

#if defined(FANFOLD_SIMD_POWER_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_POWER_INL_H
#undef FANFOLD_SIMD_POWER_INL_H
#else
#define FANFOLD_SIMD_POWER_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// log(x) to a relative error of about 2^-65. Precondition: x is positive and finite.
template <class D, class V>
HWY_INLINE DoubleDouble<V> PreciseLog(D d, V x) {
  // (log((1 + s) / (1 - s)) - 2 s - 2/3 s^3) / s^5 in s^2; the error of the logarithm is below 2^-64.5.
  static constexpr double c[] = {0x1.99999999999dfp-2, 0x1.249249247f438p-2, 0x1.c71c71f7ebbe6p-3,
                                 0x1.745cfb5c3cfd4p-3, 0x1.3b1bf2f4079fap-3, 0x1.0fc0f09fef056p-3,
                                 0x1.0c0e19c89c7cdp-3};
  const SplitDouble<V> split = SplitAny(d, x);
  const V two = hn::Set(d, 2.0);
  const V f = split.m - hn::Set(d, 1.0);
  const DoubleDouble<V> s = Divide(d, DoubleDouble<V>{f, hn::Zero(d)}, FastTwoSum(two, f));
  DoubleDouble<V> z = TwoProduct(d, s.high, s.high);
  z.low = hn::MulAdd(two * s.high, s.low, z.low);

  // 2 + z (2/3 + z c(z))
  DoubleDouble<V> p = FastTwoSum(hn::Set(d, 0x1.5555555555555p-1), z.high * Polynomial(d, z.high, c));
  p.low = p.low + hn::Set(d, 0x1.5555555555555p-55);
  const DoubleDouble<V> zp = TwoProduct(d, z.high, p.high);
  DoubleDouble<V> factor = FastTwoSum(two, zp.high);
  factor.low = factor.low + hn::MulAdd(z.high, p.low, hn::MulAdd(z.low, p.high, zp.low));

  const DoubleDouble<V> log1p_f = TwoProduct(d, s.high, factor.high);
  const V rest = hn::MulAdd(s.high, factor.low, hn::MulAdd(s.low, factor.high, log1p_f.low));
  const DoubleDouble<V> sum = FastTwoSum(split.k * hn::Set(d, ln2_high), log1p_f.high);
  return FastTwoSum(sum.high, sum.low + hn::MulAdd(split.k, hn::Set(d, ln2_low), rest));
}

/// What x^y is where x is not positive, or one of them is an infinity, NaN, y = 0 or x = 1 (C11, F.10.4.4);
/// `magnitude` is |x|^y for the finite ones.
template <class D, class V>
HWY_INLINE V PowSpecials(D d, V x, V y, V magnitude) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0);
  const V infinity = hn::Inf(d);
  const V absolute = hn::Abs(x);
  const V half_y = y * hn::Set(d, 0.5);
  const auto y_whole = hn::Eq(hn::Round(y), y);
  const auto y_odd = hn::And(y_whole, hn::Ne(hn::Round(half_y), half_y));

  const auto limit =
      hn::Or(hn::Eq(hn::Abs(y), infinity), hn::Or(hn::Eq(absolute, zero), hn::Eq(absolute, infinity)));
  const V growth = (absolute - one) * y;  // its sign says whether the limit is an infinity or zero
  const V at_limit =
      hn::IfThenElse(hn::Eq(absolute, one), one, hn::IfThenElseZero(hn::Gt(growth, zero), infinity));
  V result = hn::IfThenElse(limit, at_limit, magnitude);

  result = hn::IfThenElse(hn::AndNot(y_whole, hn::And(hn::Lt(x, zero), hn::Lt(absolute, infinity))),
                          hn::NaN(d), result);
  result = hn::IfThenElse(y_odd, WithSign(d, result, x), result);
  result = hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), result);
  return hn::IfThenElse(hn::Or(hn::Eq(y, zero), hn::Eq(x, one)), one, result);
}

/// x^y. Error below 0.8 ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Pow(D d, V x, V y) {
  const DoubleDouble<V> log = PreciseLog(d, hn::Abs(x));
  // Beyond 2^66, every power but that of 1 is zero or an infinity.
  const V exponent = Limit(d, y, -0x1p66, 0x1p66);
  DoubleDouble<V> product = TwoProduct(d, exponent, log.high);
  product.low = hn::MulAdd(exponent, log.low, product.low);
  const V limited = Limit(d, product.high, -800.0, 800.0);
  const V low = hn::IfThenElseZero(hn::Eq(limited, product.high), product.low);
  const V magnitude = RoundedExp(d, ReduceExp(d, limited, low));
  const auto ordinary = hn::And(hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Inf(d))), IsFiniteNumber(d, y));
  return HWY_LIKELY(hn::AllTrue(d, ordinary)) ? magnitude : PowSpecials(d, x, y, magnitude);
}

/// The cube root. Error below 0.52 ULP.
template <class D, class V>
HWY_INLINE V Cbrt(D d, V x) {
  // m^(-1/3) for 1 <= m <= 2, error below 2^-17.4.
  static constexpr double c[] = {0x1.c7f43ffbe2d31p+0,  -0x1.90e8e430991cdp+0, 0x1.3e691597fa8efp+0,
                                 -0x1.321a48f271529p-1, 0x1.3f9c398a2a43dp-3,  -0x1.16cce7d5a7c3cp-6};
  const hn::RebindToUnsigned<D> du;
  const V absolute = hn::Abs(x);
  const V third = hn::Set(d, 0x1.5555555555555p-2);

  // |x| = 2^e m, 1 <= m < 2; e = 3 q + r.
  const auto small = hn::Lt(absolute, hn::Set(d, smallest_normal));
  const auto bits = hn::BitCast(du, hn::IfThenElse(small, absolute * hn::Set(d, 0x1p54), absolute));
  const auto biased = hn::Or(hn::ShiftRight<52>(bits), hn::Set(du, 0x4330000000000000ULL));
  const V e = hn::BitCast(d, biased) -
              hn::IfThenElse(small, hn::Set(d, 0x1p52 + 1077.0), hn::Set(d, 0x1p52 + 1023.0));
  const V m = hn::BitCast(
      d, hn::Or(hn::And(bits, hn::Set(du, 0x000fffffffffffffULL)), hn::Set(du, 0x3ff0000000000000ULL)));
  const V q = hn::Floor(hn::MulAdd(e, third, hn::Set(d, 0x1p-10)));
  const V r = hn::NegMulAdd(hn::Set(d, 3.0), q, e);
  const auto is_one = hn::Eq(r, hn::Set(d, 1.0));
  const auto is_two = hn::Eq(r, hn::Set(d, 2.0));
  const V one = hn::Set(d, 1.0);
  const V a = m * hn::IfThenElse(is_two, hn::Set(d, 4.0), hn::IfThenElse(is_one, hn::Set(d, 2.0), one));
  const V start = hn::IfThenElse(is_two, hn::Set(d, 0x1.428a2f98d728bp-1),
                                 hn::IfThenElse(is_one, hn::Set(d, 0x1.965fea53d6e3dp-1), one));

  // y = a^(-1/3) by one step of Newton's method; the root a y^2 by one more, with its residual in full.
  const V y0 = Polynomial(d, m, c) * start;
  const V y = hn::MulAdd(y0 * third, hn::NegMulAdd(a * y0, y0 * y0, one), y0);
  const V root = a * y * y;
  const DoubleDouble<V> square = TwoProduct(d, root, root);
  const DoubleDouble<V> cube = TwoProduct(d, square.high, root);
  const V rest = ((a - cube.high) - cube.low) - square.low * root;
  const V result = hn::MulAdd(rest, y * y * third, root) * PowerOfTwo(d, q);
  const auto itself = hn::Or(hn::Eq(absolute, hn::Zero(d)), hn::Not(IsFiniteNumber(d, x)));
  return hn::IfThenElse(itself, x + x, WithSign(d, result, x));
}

/// The square root of x^2 + y^2, without overflow on the way. Error below 0.51 ULP; half a unit more where
/// the result is subnormal.
template <class D, class V>
HWY_INLINE V Hypot(D d, V x, V y) {
  const V absolute_x = hn::Abs(x);
  const V absolute_y = hn::Abs(y);
  const V larger = hn::Max(absolute_x, absolute_y);
  const auto huge = hn::Gt(larger, hn::Set(d, 0x1p500));
  const auto tiny = hn::Lt(larger, hn::Set(d, 0x1p-400));
  const V one = hn::Set(d, 1.0);
  const V up = hn::Set(d, 0x1p600);
  const V down = hn::Set(d, 0x1p-600);
  const V scale = hn::IfThenElse(huge, down, hn::IfThenElse(tiny, up, one));
  const V back = hn::IfThenElse(huge, up, hn::IfThenElse(tiny, down, one));
  const V a = larger * scale;
  const V b = hn::Min(absolute_x, absolute_y) * scale;

  const DoubleDouble<V> a_square = TwoProduct(d, a, a);
  const DoubleDouble<V> b_square = TwoProduct(d, b, b);
  const DoubleDouble<V> sum = FastTwoSum(a_square.high, b_square.high);
  const V low = sum.low + (a_square.low + b_square.low);
  const V root = hn::Sqrt(sum.high);
  const V rest = Residual(d, root, root, sum.high) + low;
  const V result = hn::MulAdd(rest, hn::Set(d, 0.5) / hn::Max(root, hn::Set(d, 0x1p-900)), root) * back;

  const V infinity = hn::Inf(d);
  const auto infinite = hn::Or(hn::Eq(absolute_x, infinity), hn::Eq(absolute_y, infinity));
  const V number = hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), result);
  return hn::IfThenElse(infinite, infinity, number);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
