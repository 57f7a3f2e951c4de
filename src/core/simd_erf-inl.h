// The error function and its complement, of doubles: Erf, Erfc.
#include "core/simd_exp_log-inl.h"

#if defined(FANFOLD_SIMD_ERF_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_ERF_INL_H
#undef FANFOLD_SIMD_ERF_INL_H
#else
#define FANFOLD_SIMD_ERF_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// erf(x). Precondition: |x| <= 1 (or else the result means nothing).
template <class D, class V>
HWY_INLINE V SmallErf(D d, V x) {
  // (erf(x) - 2/sqrt(pi) x) / x^3 in x^2 for |x| <= 1; the error of erf is below 2^-55.8.
  static constexpr double c[] = {-0x1.812746b0379dbp-2,  0x1.ce2f21a041d15p-4,   -0x1.b82ce3122f5e1p-6,
                                 0x1.565bccfebe5bap-8,   -0x1.c02db0ecf8a0cp-11, 0x1.f9a2c7f707b9ep-14,
                                 -0x1.f4caf1e02a06ep-17, 0x1.b984d9ab17791p-20,  -0x1.5c1f0129ec6afp-23,
                                 0x1.d796ea23e05a1p-27,  -0x1.acb5cf8e82c42p-31};
  const V z = x * x;
  const V slope = hn::Set(d, 0x1.20dd750429b6dp+0);  // 2 / sqrt(pi), and what it lacks:
  const DoubleDouble<V> first = TwoProduct(d, x, slope);
  const V factor = hn::MulAdd(z, Polynomial(d, z, c), hn::Set(d, 0x1.1ae3a914fed80p-56));
  const V value = first.high + hn::MulAdd(x, factor, first.low);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-900)), first.high, value);
}

/// erfc(t), rounded. Precondition: 0 <= t <= 27.3, where it is half of the smallest double and less.
template <class D, class V>
HWY_INLINE V PositiveErfc(D d, V t) {
  // (1 + 2 t) e^(t^2) erfc(t) in u = (t - 3.5) / (t + 3.5) for 0 <= t <= 27.3 (Shepherd & Laframboise:
  // Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981); error below 2^-54.9.
  static constexpr double c[] = {
      0x1.3e0a99a0ee914p+0,   -0x1.1ebd220ea5937p-3,  -0x1.59e2c284b0bfep-7, 0x1.8f702ec6b2ecdp-4,
      -0x1.d76830c355ee2p-4,  0x1.68610604785eap-4,   -0x1.8ff5ef764a6edp-5, 0x1.38ec666ec3582p-6,
      -0x1.143c4cdc41c77p-8,  -0x1.3cf36477d5898p-12, 0x1.27e671308761cp-11, -0x1.fda972553db35p-14,
      -0x1.66e5c5d7270d3p-15, 0x1.970e1514a2412p-16,  0x1.393297339abb8p-19, -0x1.002ce86b7c425p-18,
      -0x1.d49a2f5499ca5p-25, 0x1.442ba955e65f1p-21,  0x1.4c3bec99d25f6p-28, -0x1.9a85de7173281p-24,
      -0x1.1fdd6bb1f7bcap-27, 0x1.7fca582867a88p-27,  0x1.754e00cdbf668p-29};
  const V middle = hn::Set(d, 3.5);
  const V scaled = Polynomial(d, (t - middle) / (t + middle), c);
  const DoubleDouble<V> square = TwoProduct(d, t, t);
  const ReducedExp<V> e = ReduceExp(d, hn::Neg(square.high), hn::Neg(square.low));
  const DoubleDouble<V> power = Mantissa(d, e);
  const DoubleDouble<V> quotient =
      Divide(d, DoubleDouble<V>{scaled, hn::Zero(d)}, TwoSum(hn::Set(d, 1.0), t + t));
  const DoubleDouble<V> product = Multiply(d, power, quotient);
  return ScaleByPowerOfTwo(d, product.high + product.low, e.n);
}

/// The error function. Error below 1.9 ULP.
template <class D, class V>
HWY_INLINE V Erf(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const V absolute = hn::Abs(x);
  const auto small = hn::Le(absolute, one);
  const V near = SmallErf(d, x);
  if (hn::AllTrue(d, small)) return near;
  const V far = one - PositiveErfc(d, hn::Min(absolute, hn::Set(d, 6.0)));
  return KeepNaN(x, hn::IfThenElse(small, near, hn::CopySign(far, x)));
}

/// 1 - erf(x), without cancellation. Error below 2.2 ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Erfc(D d, V x) {
  const V absolute = hn::Abs(x);
  const V tail = PositiveErfc(d, hn::Min(absolute, hn::Set(d, 27.3)));
  const V outer = hn::IfThenElse(HasSignBit(d, x), hn::Set(d, 2.0) - tail, tail);
  const V inner = hn::Set(d, 1.0) - SmallErf(d, x);
  return KeepNaN(x, hn::IfThenElse(hn::Lt(absolute, hn::Set(d, 0.5)), inner, outer));
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
