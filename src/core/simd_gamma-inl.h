// The gamma function and the logarithm of its absolute value, of doubles: Gamma, LogGamma.
#include "core/simd_power-inl.h"
#include "core/simd_trigonometric-inl.h"

#if defined(FANFOLD_SIMD_GAMMA_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_GAMMA_INL_H
#undef FANFOLD_SIMD_GAMMA_INL_H
#else
#define FANFOLD_SIMD_GAMMA_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// log(gamma(y + y_low)) with an error of about 2^-57. Preconditions: 3 <= y <= 2^100, |y_low| <= 2^-51 y.
template <class D, class V>
HWY_INLINE DoubleDouble<V> StirlingLogGamma(D d, V y, V y_low) {
  // Binet's function, log(gamma(y)) - ((y - 1/2) log(y) - y + log(2 pi) / 2), times y, in 1/y^2 for y >= 3;
  // the error of the function is below 2^-60.8.
  static constexpr double c[] = {0x1.5555555555553p-4,   -0x1.6c16c16c04c5ep-9, 0x1.a01a014cf8e10p-11,
                                 -0x1.38135452ecd84p-11, 0x1.b944223d59a7ap-11, -0x1.f556d4fada486p-10,
                                 0x1.98ffffccc893fp-8,   -0x1.a243efca70ec5p-6, 0x1.bc2008caf9a51p-4,
                                 -0x1.8e2bd8e84cabbp-2,  0x1.e674f9602b7a6p-1,  -0x1.20079792630d7p+0};
  const V inverse = hn::Set(d, 1.0) / y;
  const V binet = inverse * Polynomial(d, inverse * inverse, c);
  const DoubleDouble<V> log = PreciseLog(d, y);
  const V factor = y - hn::Set(d, 0.5);
  const DoubleDouble<V> product = TwoProduct(d, factor, log.high);
  const DoubleDouble<V> difference = TwoSum(product.high, hn::Neg(y));
  const DoubleDouble<V> sum = TwoSum(difference.high, hn::Set(d, 0x1.d67f1c864beb5p-1));  // log(2 pi) / 2
  const V slope = hn::NegMulAdd(hn::Set(d, 0.5), inverse, log.high);  // digamma(y), nearly
  const V constant_low = hn::Set(d, -0x1.65b5a1b7ff5dfp-55);
  const V lows = hn::MulAdd(factor, log.low, product.low) + (difference.low + sum.low);
  return FastTwoSum(sum.high, binet + (lows + hn::MulAdd(y_low, slope, constant_low)));
}

/// sin(pi y) for any y that is finite.
template <class D, class V>
HWY_INLINE DoubleDouble<V> SinPi(D d, V y) {
  const V n = hn::Round(y);
  const V f = y - n;  // exact, at most 1/2
  const auto outer = hn::Gt(hn::Abs(f), hn::Set(d, 0.25));
  const V g = hn::IfThenElse(outer, hn::Set(d, 0.5) - hn::Abs(f), f);
  const V pi = hn::Set(d, 2.0 * half_pi_high);
  const DoubleDouble<V> angle = TwoProduct(d, g, pi);
  const V angle_low = hn::MulAdd(g, hn::Set(d, 2.0 * half_pi_low), angle.low);
  const DoubleDouble<V> sine = SmallSin(d, angle.high, angle_low);
  const DoubleDouble<V> cosine = SmallCos(d, angle.high, angle_low);
  const DoubleDouble<V> value =
      FastTwoSum(hn::IfThenElse(outer, cosine.high, sine.high), hn::IfThenElse(outer, cosine.low, sine.low));
  // Odd whole numbers turn the sign: n/2 is then no whole number.
  const V half_n = n * hn::Set(d, 0.5);
  const V turn = hn::IfThenElseZero(hn::Ne(hn::Round(half_n), half_n), hn::SignBit(d));
  const V flip = hn::Xor(turn, hn::IfThenElseZero(outer, hn::And(f, hn::SignBit(d))));
  return {hn::Xor(value.high, flip), hn::Xor(value.low, flip)};
}

/// y + whole, without error.
template <class D, class V>
HWY_INLINE DoubleDouble<V> Shifted(D d, V y, double whole) {
  return TwoSum(hn::Set(d, whole), y);
}

/// The gamma function (C's tgamma). Error below 1 ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Gamma(D d, V x) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0);
  // To the left: gamma(-y) = -pi / (y sin(pi y) gamma(y)). Beyond 190, the result overflows or underflows.
  const auto left = hn::Lt(x, zero);
  const V y = hn::Min(hn::Abs(x), hn::Set(d, 190.0));
  // Below 3: gamma(y) = gamma(y + 3) / (y (y + 1) (y + 2)).
  const auto low = hn::Lt(y, hn::Set(d, 3.0));
  const DoubleDouble<V> shifted = Shifted(d, y, 3.0);
  const DoubleDouble<V> log =
      StirlingLogGamma(d, hn::IfThenElse(low, shifted.high, y), hn::IfThenElseZero(low, shifted.low));
  const DoubleDouble<V> steps =
      Multiply(d, Multiply(d, Shifted(d, y, 1.0), Shifted(d, y, 2.0)), DoubleDouble<V>{y, zero});
  const DoubleDouble<V> product = {hn::IfThenElse(low, steps.high, one), hn::IfThenElseZero(low, steps.low)};

  const V sign = hn::IfThenElseZero(left, hn::SignBit(d));
  const ReducedExp<V> e = ReduceExp(d, hn::Xor(log.high, sign), hn::Xor(log.low, sign));
  const DoubleDouble<V> power = Mantissa(d, e);
  const DoubleDouble<V> minus_pi = {hn::Set(d, -2.0 * half_pi_high), hn::Set(d, -2.0 * half_pi_low)};
  const DoubleDouble<V> left_over = Multiply(d, Multiply(d, power, product), minus_pi);
  const DoubleDouble<V> left_under = Multiply(d, SinPi(d, hn::Neg(x)), DoubleDouble<V>{y, zero});
  const DoubleDouble<V> quotient =
      Divide(d, Select(left, left_over, power), Select(left, left_under, product));
  const V value = ScaleByPowerOfTwo(d, quotient.high + quotient.low, e.n);

  // gamma(x) is 1/x near zero, infinities included; a negative whole number or infinity has no limit.
  const V near_zero = hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-60)), one / x, value);
  const auto pole = hn::And(left, hn::Eq(hn::Round(x), x));
  return KeepNaN(x, hn::IfThenElse(pole, hn::NaN(d), near_zero));
}

/// log|gamma(x)| for x within 1/4 of its zeros 1 and 2.
template <class D, class V>
HWY_INLINE V LogGammaNearZeros(D d, V x) {
  // log(gamma(1 + t)) / t and log(gamma(2 + t)) / t for |t| <= 1/4; errors below 2^-55.9 and 2^-55.5.
  static constexpr double c1[] = {
      -0x1.2788cfc6fb619p-1, 0x1.a51a6625307d4p-1, -0x1.9a4d55beab2d3p-2, 0x1.151322ac7d391p-2,
      -0x1.a8b9c17aa68edp-3, 0x1.5b40cb10b1a67p-3, -0x1.2703a1dcdd635p-3, 0x1.010b365d2fe87p-3,
      -0x1.c806703debc34p-4, 0x1.9a020fd242ab5p-4, -0x1.748c4987b4a14p-4, 0x1.5563dbb52a6fbp-4,
      -0x1.3b19087092a16p-4, 0x1.2540134ef1332p-4, -0x1.11935d5e3b626p-4, 0x1.ed2869d846bfap-5,
      -0x1.d22048aab4f9ap-5, 0x1.2b2776e3bb2dfp-4, -0x1.17e41411ecd0ep-4};
  static constexpr double c2[] = {0x1.b0ee6072093cep-2,   0x1.4a34cc4a60fa6p-2,   -0x1.13e001a557609p-4,
                                  0x1.51322ac7d823ap-6,   -0x1.e404fc218d0bfp-8,  0x1.7add6eae7cb9fp-9,
                                  -0x1.38ac5c2fc906ep-10, 0x1.0b36ae9a8837cp-11,  -0x1.d3fd46524cdaep-13,
                                  0x1.a128d0a013e9fp-14,  -0x1.78e108aaf762fp-15, 0x1.57b00214f9666p-16,
                                  -0x1.3c19010d41cd8p-17, 0x1.35151ee693287p-18,  -0x1.25a7bb879dfe7p-19};
  const V t1 = x - hn::Set(d, 1.0);
  const V t2 = x - hn::Set(d, 2.0);
  const V zero = hn::Zero(d);  // added, so that the zeros are positive
  const V near_one = hn::MulAdd(t1, Polynomial(d, t1, c1), zero);
  const V near_two = hn::MulAdd(t2, Polynomial(d, t2, c2), zero);
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, 1.5)), near_one, near_two);
}

/// log|gamma(x)| (C's lgamma). Error below 1.7 ULP for x > 0. For negative x the error is below 2^-52 max(1,
/// result): the function has zeros between the negative whole numbers, where that is more in ULP.
template <class D, class V>
HWY_INLINE V LogGamma(D d, V x) {
  const V zero = hn::Zero(d);
  const V one = hn::Set(d, 1.0);
  const V three = hn::Set(d, 3.0);
  const V infinity = hn::Inf(d);
  const V largest = hn::Set(d, 0x1p100);
  if (hn::AllTrue(d, hn::And(hn::Ge(x, three), hn::Le(x, largest)))) {
    const DoubleDouble<V> log = StirlingLogGamma(d, x, zero);
    return log.high + log.low;
  }
  const V y = hn::Abs(x);
  // To the left: |gamma(-y)| = pi / (y |sin(pi y)| gamma(y)); near zero both sides are log(1 / y).
  const auto left = hn::Lt(x, hn::Set(d, -0x1p-60));
  const auto low = hn::Lt(y, three);
  const DoubleDouble<V> shifted = Shifted(d, y, 3.0);
  const V bounded = hn::Min(hn::IfThenElse(low, shifted.high, y), largest);
  const DoubleDouble<V> log = StirlingLogGamma(d, bounded, hn::IfThenElseZero(low, shifted.low));

  // The result is log - log(q) to the right, log(q) - log to the left.
  const DoubleDouble<V> whole = {one, zero};
  const DoubleDouble<V> pi = {hn::Set(d, 2.0 * half_pi_high), hn::Set(d, 2.0 * half_pi_low)};
  const DoubleDouble<V> y_exact = {y, zero};
  const DoubleDouble<V> two_steps = Multiply(d, Shifted(d, y, 1.0), Shifted(d, y, 2.0));
  const DoubleDouble<V> steps = Multiply(d, two_steps, y_exact);
  DoubleDouble<V> sine = SinPi(d, y);
  const V sine_sign = hn::And(sine.high, hn::SignBit(d));
  sine = {hn::Xor(sine.high, sine_sign), hn::Xor(sine.low, sine_sign)};
  const DoubleDouble<V> left_over = Multiply(d, pi, Select(low, two_steps, whole));
  const DoubleDouble<V> left_under = Multiply(d, sine, Select(low, whole, y_exact));
  const DoubleDouble<V> left_q = Divide(d, left_over, left_under);
  const DoubleDouble<V> q = Select(left, left_q, Select(low, steps, whole));
  DoubleDouble<V> log_q = PreciseLog(d, q.high);
  log_q.low = log_q.low + q.low / q.high;
  const DoubleDouble<V> difference = TwoSum(log.high, hn::Neg(log_q.high));
  const V right_value = difference.high + (difference.low + (log.low - log_q.low));
  V value = hn::IfThenElse(left, hn::Neg(right_value), right_value);

  const auto near = hn::Le(hn::Abs(x - hn::Set(d, 1.5)), hn::Set(d, 0.75));
  const auto far = hn::Lt(hn::Abs(x - hn::Set(d, 1.5)), hn::Set(d, 0.25));
  value = hn::IfThenElse(hn::AndNot(far, near), LogGammaNearZeros(d, x), value);
  const auto huge = hn::Gt(y, largest);
  if (!hn::AllFalse(d, huge)) {
    const DoubleDouble<V> log_y = PreciseLog(d, y);
    value = hn::IfThenElse(huge, y * ((log_y.high - one) + log_y.low), value);
  }
  const auto pole = hn::Or(hn::Eq(y, infinity), hn::And(hn::Le(x, zero), hn::Eq(hn::Round(x), x)));
  return KeepNaN(x, hn::IfThenElse(pole, infinity, value));
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
