// Exponentials and logarithms of doubles: Exp, Exp2, Expm1, Log, Log2, Log10, Log1p.
// Reductions: Cody & Waite: Software manual for the elementary functions, 1980. Every polynomial here and in
// the other families is a minimax polynomial found by Remez's exchange algorithm in 50 digits, and then
// rounded to doubles.
#include "core/simd_double_double-inl.h"

#if defined(FANFOLD_SIMD_EXP_LOG_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_EXP_LOG_INL_H
#undef FANFOLD_SIMD_EXP_LOG_INL_H
#else
#define FANFOLD_SIMD_EXP_LOG_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// ln 2 in two parts: the first has 42 bits, so that its product with an exponent is exact.
inline constexpr double ln2_high = 0x1.62e42fefa3800p-1;
inline constexpr double ln2_low = 0x1.ef35793c76730p-45;
/// 1 / ln 2 and 1 / ln 10, each as a sum of two doubles.
inline constexpr double log2_e_high = 0x1.71547652b82fep+0;
inline constexpr double log2_e_low = 0x1.777d0ffda0d24p-56;
inline constexpr double log10_e_high = 0x1.bcb7b1526e50ep-2;
inline constexpr double log10_e_low = 0x1.95355baaafad3p-57;
/// log10(2), split as ln 2 is.
inline constexpr double log10_2_high = 0x1.34413509f7000p-2;
inline constexpr double log10_2_low = 0x1.3fde623e2566bp-43;
inline constexpr double smallest_normal = 0x1p-1022;

/// e^x as 2^n (1 + r + tail), for whole n and |r| <= ln(2)/2.
template <class V>
struct ReducedExp {
  V n;
  V r;
  V tail;
};

/// Reduces the exponential of high + low. Preconditions: |high| <= 2000, |low| <= 2^-43.
template <class D, class V>
HWY_INLINE ReducedExp<V> ReduceExp(D d, V high, V low) {
  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; the error of e^r is below 2^-60.2.
  static constexpr double q[] = {0x1.0000000000000p-1,  0x1.555555555555bp-3,  0x1.5555555555502p-5,
                                 0x1.111111110ec1cp-7,  0x1.6c16c16c3089bp-10, 0x1.a01a01b3985e7p-13,
                                 0x1.a01a0135b3041p-16, 0x1.71ddefdd8eb12p-19, 0x1.27e5b5797c7b1p-22,
                                 0x1.af6c5febc182bp-26, 0x1.1e3c22a6926a0p-29};
  const V magic = hn::Set(d, whole_number_magic);
  const V n = hn::MulAdd(high, hn::Set(d, log2_e_high), magic) - magic;
  const V exact = high - n * hn::Set(d, ln2_high);
  const DoubleDouble<V> r = FastTwoSum(exact, hn::NegMulAdd(n, hn::Set(d, ln2_low), low));
  return {n, r.high, hn::MulAdd(r.high * r.high, Polynomial(d, r.high, q), hn::MulAdd(r.low, r.high, r.low))};
}

/// 1 + r + tail, between 0.7 and 1.42.
template <class D, class V>
HWY_INLINE DoubleDouble<V> Mantissa(D d, const ReducedExp<V>& e) {
  const DoubleDouble<V> sum = FastTwoSum(hn::Set(d, 1.0), e.r);
  return FastTwoSum(sum.high, sum.low + e.tail);
}

/// 2^n (1 + r + tail), rounded.
template <class D, class V>
HWY_INLINE V RoundedExp(D d, const ReducedExp<V>& e) {
  const DoubleDouble<V> sum = FastTwoSum(hn::Set(d, 1.0), e.r);
  const V mantissa = sum.high + (sum.low + e.tail);
  if (HWY_LIKELY(hn::AllTrue(d, hn::Le(hn::Abs(e.n), hn::Set(d, 1021.0))))) {
    const hn::RebindToUnsigned<D> du;
    const auto n = hn::ShiftLeft<52>(hn::BitCast(du, e.n + hn::Set(d, whole_number_magic)));
    return hn::BitCast(d, hn::BitCast(du, mantissa) + n);
  }
  return ScaleByPowerOfTwo(d, mantissa, e.n);
}

/// e^x. Error below 0.65 ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Exp(D d, V x) {
  const V limited = Limit(d, x, -746.0, 710.0);
  return KeepNaN(x, RoundedExp(d, ReduceExp(d, limited, hn::Zero(d))));
}

/// 2^x, exact for whole x. Error below 0.65 ULP; half a unit more where the result is subnormal.
template <class D, class V>
HWY_INLINE V Exp2(D d, V x) {
  const V limited = Limit(d, x, -1080.0, 1025.0);
  const V magic = hn::Set(d, whole_number_magic);
  const V n = (limited + magic) - magic;
  const V f = limited - n;  // exact
  const V ln2 = hn::Set(d, 0x1.62e42fefa39efp-1);
  const DoubleDouble<V> product = TwoProduct(d, f, ln2);
  ReducedExp<V> e = ReduceExp(d, product.high, hn::MulAdd(f, hn::Set(d, 0x1.abc9e3b39803fp-56), product.low));
  e.n = e.n + n;
  return KeepNaN(x, RoundedExp(d, e));
}

/// (e^x - 1) / 4, not rounded. Precondition: -40 <= x <= 710.6.
template <class D, class V>
HWY_INLINE DoubleDouble<V> QuarterExpm1(D d, V x) {
  const ReducedExp<V> e = ReduceExp(d, x, hn::Zero(d));
  const V power = PowerOfTwo(d, e.n - hn::Set(d, 2.0));
  const DoubleDouble<V> whole = TwoSum(power, hn::Set(d, -0.25));
  const DoubleDouble<V> sum = TwoSum(whole.high, power * e.r);
  return FastTwoSum(sum.high, hn::MulAdd(power, e.tail, sum.low + whole.low));
}

/// e^x - 1. Error below 1 ULP.
template <class D, class V>
HWY_INLINE V Expm1(D d, V x) {
  const V result = hn::Set(d, 4.0) * QuarterExpm1(d, Limit(d, x, -40.0, 710.0)).high;
  return KeepNaN(x, hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-54)), x, result));
}

/// x = 2^k m with m between sqrt(1/2) and sqrt(2).
template <class V>
struct SplitDouble {
  V k;
  V m;
};

/// Precondition: x is positive, normal and finite (or else the result means nothing).
template <class D, class V>
HWY_INLINE SplitDouble<V> Split(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  const auto half_root = hn::Set(du, 0x3fe6a09e667f3bcdULL);  // sqrt(1/2)
  const auto bits = hn::BitCast(du, x) + hn::Set(du, 0x3ff0000000000000ULL - 0x3fe6a09e667f3bcdULL);
  const auto m = hn::And(bits, hn::Set(du, 0x000fffffffffffffULL)) + half_root;
  // The biased exponent as the last digits of a double between 2^52 and 2^53.
  const auto k = hn::Or(hn::ShiftRight<52>(bits), hn::Set(du, 0x4330000000000000ULL));
  return {hn::BitCast(d, k) - hn::Set(d, 0x1p52 + 1023.0), hn::BitCast(d, m)};
}

/// Split for every positive finite x, subnormal ones too.
template <class D, class V>
HWY_INLINE SplitDouble<V> SplitAny(D d, V x) {
  const auto small = hn::Lt(x, hn::Set(d, smallest_normal));
  SplitDouble<V> split = Split(d, hn::IfThenElse(small, x * hn::Set(d, 0x1p54), x));
  split.k = split.k - hn::IfThenElseZero(small, hn::Set(d, 54.0));
  return split;
}

/// log(1 + f) to about 2^-58, for sqrt(1/2) <= 1 + f <= sqrt(2).
template <class D, class V>
HWY_INLINE DoubleDouble<V> LogOnePlus(D d, V f) {
  // (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, for s = f / (2 + f); the error of the logarithm is below
  // 2^-58.5.
  static constexpr double c[] = {0x1.555555555557cp-1, 0x1.99999999845d8p-2, 0x1.2492493fd0d45p-2,
                                 0x1.c71c529dde8e5p-3, 0x1.74664f2799779p-3, 0x1.399c613190f2dp-3,
                                 0x1.2f59344bb061cp-3};
  const V s = f / (f + hn::Set(d, 2.0));
  const V z = s * s;
  // log(1 + f) = f - f^2/2 + s (f^2/2 + z c(z))
  const V half_f = f * hn::Set(d, 0.5);
  const DoubleDouble<V> square = TwoProduct(d, half_f, f);
  const DoubleDouble<V> sum = FastTwoSum(f, hn::Neg(square.high));
  const V rest = hn::MulAdd(s, hn::MulAdd(z, Polynomial(d, z, c), square.high), hn::Neg(square.low));
  return {sum.high, sum.low + rest};
}

/// k ln 2 + log1p_f, rounded. Precondition: k is whole, |k| < 2^11.
template <class D, class V>
HWY_INLINE V AddMultipleOfLn2(D d, V k, DoubleDouble<V> log1p_f) {
  const DoubleDouble<V> sum = FastTwoSum(k * hn::Set(d, ln2_high), log1p_f.high);
  return sum.high + (sum.low + hn::MulAdd(k, hn::Set(d, ln2_low), log1p_f.low));
}

/// What a logarithm is outside of the positive normal numbers; `value` on these and the subnormal ones.
template <class D, class V>
HWY_INLINE V LogSpecials(D d, V x, V value) {
  const V positive = hn::IfThenElse(hn::Eq(x, hn::Inf(d)), x, value);
  const V not_negative = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(hn::Inf(d)), positive);
  return KeepNaN(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::NaN(d), not_negative));
}

/// Where x is positive, normal and finite.
template <class D, class V>
HWY_INLINE bool AllNormal(D d, V x) {
  return hn::AllTrue(d, hn::And(hn::Ge(x, hn::Set(d, smallest_normal)), hn::Lt(x, hn::Inf(d))));
}

/// The natural logarithm. Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Log(D d, V x) {
  const V one = hn::Set(d, 1.0);
  if (HWY_LIKELY(AllNormal(d, x))) {
    const SplitDouble<V> split = Split(d, x);
    return AddMultipleOfLn2(d, split.k, LogOnePlus(d, split.m - one));
  }
  const SplitDouble<V> split = SplitAny(d, x);
  return LogSpecials(d, x, AddMultipleOfLn2(d, split.k, LogOnePlus(d, split.m - one)));
}

/// log(1 + f) times a constant that is the sum of two doubles.
template <class D, class V>
HWY_INLINE DoubleDouble<V> ScaledLogOnePlus(D d, V f, double high, double low) {
  const DoubleDouble<V> log = LogOnePlus(d, f);
  const DoubleDouble<V> product = TwoProduct(d, log.high, hn::Set(d, high));
  const V rest = hn::MulAdd(log.high, hn::Set(d, low), product.low);
  return {product.high, hn::MulAdd(log.low, hn::Set(d, high), rest)};
}

/// The logarithm to base 2, exact for powers of 2. Error below 0.8 ULP.
template <class D, class V>
HWY_INLINE V Log2(D d, V x) {
  const SplitDouble<V> split = SplitAny(d, x);
  const DoubleDouble<V> log = ScaledLogOnePlus(d, split.m - hn::Set(d, 1.0), log2_e_high, log2_e_low);
  const DoubleDouble<V> sum = FastTwoSum(split.k, log.high);
  const V value = sum.high + (sum.low + log.low);
  return HWY_LIKELY(AllNormal(d, x)) ? value : LogSpecials(d, x, value);
}

/// The logarithm to base 10, exact for powers of 10. Error below 0.75 ULP.
template <class D, class V>
HWY_INLINE V Log10(D d, V x) {
  const SplitDouble<V> split = SplitAny(d, x);
  const DoubleDouble<V> log = ScaledLogOnePlus(d, split.m - hn::Set(d, 1.0), log10_e_high, log10_e_low);
  const DoubleDouble<V> sum = FastTwoSum(split.k * hn::Set(d, log10_2_high), log.high);
  const V value = sum.high + (sum.low + hn::MulAdd(split.k, hn::Set(d, log10_2_low), log.low));
  return HWY_LIKELY(AllNormal(d, x)) ? value : LogSpecials(d, x, value);
}

/// log(2^n (high + low)), rounded. Preconditions: high is positive, normal and finite; |low| is at most half
/// a unit in the last place of high.
template <class D, class V>
HWY_INLINE V LogOfSum(D d, V high, V low, V n) {
  const SplitDouble<V> split = Split(d, high);
  const V one = hn::Set(d, 1.0);
  // low 2^-k, in two steps as 2^-k may be out of range.
  const V scaled_low = ScaleByPowerOfTwo(d, low, hn::Neg(split.k));
  const DoubleDouble<V> f = TwoSum(split.m - one, scaled_low);
  DoubleDouble<V> log = LogOnePlus(d, f.high);
  // The derivative 1 / (1 + f) is near enough 1 - f + f^2: f.low is tiny.
  const V slope = hn::NegMulAdd(f.high, one - f.high, one);
  log.low = hn::MulAdd(f.low, slope, log.low);
  return AddMultipleOfLn2(d, split.k + n, log);
}

/// log(1 + x). Error below 0.7 ULP.
template <class D, class V>
HWY_INLINE V Log1p(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const V inside = hn::IfThenElse(hn::And(hn::Gt(x, hn::Neg(one)), hn::Lt(x, hn::Inf(d))), x, one);
  const DoubleDouble<V> sum = TwoSum(one, inside);
  const V value = LogOfSum(d, sum.high, sum.low, hn::Zero(d));
  const V special = LogSpecials(d, x + one, value);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-54)), x, special);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
