// Hyperbolic functions of doubles and their inverses: Sinh, Cosh, Tanh, Asinh, Acosh, Atanh.
#include "core/simd_exp_log-inl.h"

#if defined(FANFOLD_SIMD_HYPERBOLIC_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_HYPERBOLIC_INL_H
#undef FANFOLD_SIMD_HYPERBOLIC_INL_H
#else
#define FANFOLD_SIMD_HYPERBOLIC_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// The hyperbolic sine. Error below 0.9 ULP.
template <class D, class V>
HWY_INLINE V Sinh(D d, V x) {
  const V four = hn::Set(d, 4.0);
  const V absolute = hn::Abs(x);
  // sinh(x) = (e + e / (e + 1)) / 2, for e = e^x - 1; beyond 40 the second term is far below the last place.
  const DoubleDouble<V> quarter = QuarterExpm1(d, hn::Min(absolute, hn::Set(d, 710.6)));
  const DoubleDouble<V> e = {four * quarter.high, four * quarter.low};
  DoubleDouble<V> power = TwoSum(e.high, hn::Set(d, 1.0));
  power.low = power.low + e.low;
  const DoubleDouble<V> second = Divide(d, quarter, power);
  const DoubleDouble<V> sum = FastTwoSum(quarter.high, second.high);
  const V near = sum.high + (sum.low + (quarter.low + second.low));
  const V value = hn::Set(d, 2.0) * hn::IfThenElse(hn::Gt(absolute, hn::Set(d, 40.0)), quarter.high, near);
  const V result = hn::IfThenElse(hn::Lt(absolute, hn::Set(d, 0x1p-30)), x, hn::CopySign(value, x));
  return KeepNaN(x, result);
}

/// The hyperbolic cosine. Error below 0.65 ULP.
template <class D, class V>
HWY_INLINE V Cosh(D d, V x) {
  const ReducedExp<V> e = ReduceExp(d, Limit(d, hn::Abs(x), 0.0, 710.6), hn::Zero(d));
  const DoubleDouble<V> mantissa = Mantissa(d, e);
  const V scale = PowerOfTwo(d, e.n - hn::Set(d, 2.0));
  const DoubleDouble<V> quarter = {mantissa.high * scale, mantissa.low * scale};
  // cosh(x) = 2 (q + 1 / (16 q)) for q = e^x / 4; a power over 2^100 has no inverse that counts.
  const V large = hn::Set(d, 0x1p100);
  const DoubleDouble<V> bounded = {hn::Min(quarter.high, large),
                                   hn::IfThenElseZero(hn::Lt(quarter.high, large), quarter.low)};
  const DoubleDouble<V> inverse = Divide(d, DoubleDouble<V>{hn::Set(d, 0.0625), hn::Zero(d)}, bounded);
  const DoubleDouble<V> sum = FastTwoSum(quarter.high, inverse.high);
  const V half = sum.high + (sum.low + (quarter.low + inverse.low));
  return KeepNaN(x, hn::Set(d, 2.0) * half);
}

/// The hyperbolic tangent. Error below 0.9 ULP.
template <class D, class V>
HWY_INLINE V Tanh(D d, V x) {
  // tanh(x) = q / (q + 1/2) for q = (e^2x - 1) / 4; it rounds to 1 from 19.1 on.
  const V absolute = hn::Abs(x);
  const V limited = hn::Min(absolute, hn::Set(d, 20.0));
  const DoubleDouble<V> quarter = QuarterExpm1(d, limited + limited);
  DoubleDouble<V> sum = TwoSum(quarter.high, hn::Set(d, 0.5));
  sum.low = sum.low + quarter.low;
  const DoubleDouble<V> quotient = Divide(d, quarter, sum);
  const V value = hn::CopySign(quotient.high + quotient.low, x);
  return KeepNaN(x, hn::IfThenElse(hn::Lt(absolute, hn::Set(d, 0x1p-30)), x, value));
}

/// The square root of a sum of two doubles, to about 2^-100. Precondition: a.high is zero or at least 2^-900.
template <class D, class V>
HWY_INLINE DoubleDouble<V> SquareRoot(D d, DoubleDouble<V> a) {
  const V root = hn::Sqrt(a.high);
  const V rest = Residual(d, root, root, a.high) + a.low;
  return FastTwoSum(root, rest * (hn::Set(d, 0.5) / hn::Max(root, hn::Set(d, 0x1p-900))));
}

/// log(a), or log(2 large) where `is_large`; rounded.
template <class D, class V>
HWY_INLINE V LogOrLogOfDouble(D d, DoubleDouble<V> a, hn::Mask<D> is_large, V large) {
  const V high = hn::IfThenElse(is_large, large, a.high);
  const V low = hn::IfThenElseZero(hn::Not(is_large), a.low);
  return LogOfSum(d, high, low, hn::IfThenElseZero(is_large, hn::Set(d, 1.0)));
}

/// The inverse of Sinh. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Asinh(D d, V x) {
  // asinh(t) = log(1 + (t + t^2 / (1 + sqrt(1 + t^2)))); from 2^30 on, log(2 t).
  const V one = hn::Set(d, 1.0);
  const V absolute = hn::Abs(x);
  const auto large = hn::Gt(absolute, hn::Set(d, 0x1p30));
  const V t = hn::Min(absolute, hn::Set(d, 0x1p30));
  const DoubleDouble<V> square = TwoProduct(d, t, t);
  const DoubleDouble<V> inside = TwoSum(one, square.high);
  const DoubleDouble<V> root = SquareRoot(d, DoubleDouble<V>{inside.high, inside.low + square.low});
  const DoubleDouble<V> under = TwoSum(one, root.high);
  const DoubleDouble<V> quotient = Divide(d, square, DoubleDouble<V>{under.high, under.low + root.low});
  const DoubleDouble<V> sum = FastTwoSum(t, quotient.high);
  const DoubleDouble<V> whole = TwoSum(one, sum.high);
  const DoubleDouble<V> argument = FastTwoSum(whole.high, whole.low + (sum.low + quotient.low));
  const V value = hn::CopySign(LogOrLogOfDouble(d, argument, large, absolute), x);
  const auto itself = hn::Or(hn::Lt(absolute, hn::Set(d, 0x1p-30)), hn::Not(IsFiniteNumber(d, x)));
  return hn::IfThenElse(itself, x, value);
}

/// The inverse of Cosh. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Acosh(D d, V x) {
  // acosh(x) = log(x + sqrt(x^2 - 1)), the root in full; from 2^30 on, log(2 x).
  const V one = hn::Set(d, 1.0);
  const auto large = hn::Gt(x, hn::Set(d, 0x1p30));
  const V t = Limit(d, x, 1.0, 0x1p30);
  const DoubleDouble<V> square = TwoProduct(d, t, t);
  const DoubleDouble<V> inside = FastTwoSum(square.high, hn::Neg(one));
  const DoubleDouble<V> root = SquareRoot(d, FastTwoSum(inside.high, inside.low + square.low));
  const DoubleDouble<V> sum = FastTwoSum(t, root.high);
  const DoubleDouble<V> argument = FastTwoSum(sum.high, sum.low + root.low);
  const V value = LogOrLogOfDouble(d, argument, large, x);
  const V inside_domain = hn::IfThenElse(hn::Ge(x, one), value, hn::NaN(d));
  return hn::IfThenElse(hn::Eq(x, hn::Inf(d)), x, inside_domain);
}

/// The inverse of Tanh. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Atanh(D d, V x) {
  // atanh(t) = log((1 + t) / (1 - t)) / 2
  const V one = hn::Set(d, 1.0);
  const V absolute = hn::Abs(x);
  const V t = hn::Min(absolute, hn::Set(d, 1.0 - 0x1p-53));
  const DoubleDouble<V> quotient = Divide(d, TwoSum(one, t), TwoSum(one, hn::Neg(t)));
  const DoubleDouble<V> argument = FastTwoSum(quotient.high, quotient.low);
  const V value = hn::Set(d, 0.5) * LogOfSum(d, argument.high, argument.low, hn::Zero(d));
  const V at_one = hn::IfThenElse(hn::Eq(absolute, one), hn::Inf(d), value);
  const V inside_domain = hn::IfThenElse(hn::Le(absolute, one), at_one, hn::NaN(d));
  return hn::IfThenElse(hn::Lt(absolute, hn::Set(d, 0x1p-30)), x, hn::CopySign(inside_domain, x));
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
