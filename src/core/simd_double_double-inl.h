// The arithmetic below the SIMD elementary functions: unevaluated sums of two doubles, polynomials, powers of
// two. Sources: Dekker: A floating-point technique for extending the available precision, 1971; Muller et
// al.: Handbook of Floating-Point Arithmetic, 2nd ed., 2018, chapters 4, 5 and 10.
#include <cstddef>
#include <cstdint>

#if defined(FANFOLD_SIMD_DOUBLE_DOUBLE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FANFOLD_SIMD_DOUBLE_DOUBLE_INL_H
#undef FANFOLD_SIMD_DOUBLE_DOUBLE_INL_H
#else
#define FANFOLD_SIMD_DOUBLE_DOUBLE_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The number high + low, where |low| is small against |high| (half a unit in its last place, when
/// normalised).
template <class V>
struct DoubleDouble {
  V high;
  V low;
};

/// a + b without error. Precondition: |a| >= |b|, or a = 0.
template <class V>
HWY_INLINE DoubleDouble<V> FastTwoSum(V a, V b) {
  const V sum = a + b;
  return {sum, b - (sum - a)};
}

/// a + b without error.
template <class V>
HWY_INLINE DoubleDouble<V> TwoSum(V a, V b) {
  const V sum = a + b;
  const V b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a * b - product, exactly, where product is a * b rounded. Without FMA: |a|, |b| < 2^996.
template <class D, class V>
HWY_INLINE V ProductError(D d, V a, V b, V product) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulSub(a, b, product);
#else
  const V splitter = hn::Set(d, 134217729.0);  // 2^27 + 1 (Veltkamp)
  const V a_scaled = a * splitter;
  const V a_high = a_scaled - (a_scaled - a);
  const V a_low = a - a_high;
  const V b_scaled = b * splitter;
  const V b_high = b_scaled - (b_scaled - b);
  const V b_low = b - b_high;
  return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low);
#endif
}

/// a * b without error (short of underflow).
template <class D, class V>
HWY_INLINE DoubleDouble<V> TwoProduct(D d, V a, V b) {
  const V product = a * b;
  return {product, ProductError(d, a, b, product)};
}

/// c - a * b with one rounding; without FMA with a second one, which is exact where c is near a * b.
template <class D, class V>
HWY_INLINE V Residual(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::NegMulAdd(a, b, c);
#else
  const DoubleDouble<V> product = TwoProduct(d, a, b);
  return (c - product.high) - product.low;
#endif
}

/// a * b, to about 2^-100 relatively.
template <class D, class V>
HWY_INLINE DoubleDouble<V> Multiply(D d, DoubleDouble<V> a, DoubleDouble<V> b) {
  const DoubleDouble<V> product = TwoProduct(d, a.high, b.high);
  return {product.high, hn::MulAdd(a.high, b.low, hn::MulAdd(a.low, b.high, product.low))};
}

/// a where the mask is true, else b.
template <class M, class V>
HWY_INLINE DoubleDouble<V> Select(M mask, DoubleDouble<V> a, DoubleDouble<V> b) {
  return {hn::IfThenElse(mask, a.high, b.high), hn::IfThenElse(mask, a.low, b.low)};
}

/// a / b, to about 2^-100 relatively. Precondition: 1 / b.high does not overflow.
template <class D, class V>
HWY_INLINE DoubleDouble<V> Divide(D d, DoubleDouble<V> a, DoubleDouble<V> b) {
  const V inverse = hn::Set(d, 1.0) / b.high;
  const V quotient = a.high * inverse;
  const V rest = Residual(d, quotient, b.high, a.high) + hn::NegMulAdd(quotient, b.low, a.low);
  return {quotient, rest * inverse};
}

/// c[I] + c[I+1] x + … + c[N-1] x^(N-1-I), by Horner's rule.
template <std::size_t I = 0, class D, class V, std::size_t N>
HWY_INLINE V Polynomial(D d, V x, const double (&c)[N]) {
  if constexpr (I + 1 == N) {
    (void)x;
    return hn::Set(d, c[I]);
  } else {
    return hn::MulAdd(Polynomial<I + 1>(d, x, c), x, hn::Set(d, c[I]));
  }
}

/// The double whose value plus a whole number n, |n| < 2^51, has n in its lowest bits (two's complement):
/// adding it rounds to the nearest whole number.
inline constexpr double whole_number_magic = 0x1.8p52;

/// 2^n for whole n from -1022 to 1023.
template <class D, class V>
HWY_INLINE V PowerOfTwo(D d, V n) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::ShiftLeft<52>(hn::BitCast(du, n + hn::Set(d, whole_number_magic + 1023.0))));
}

/// x * 2^n for whole n from -2044 to 2046, rounded once.
template <class D, class V>
HWY_INLINE V ScaleByPowerOfTwo(D d, V x, V n) {
  const V magic = hn::Set(d, whole_number_magic);
  const V half = (n * hn::Set(d, 0.5) + magic) - magic;
  return x * PowerOfTwo(d, half) * PowerOfTwo(d, n - half);
}

/// Where x is neither an infinity nor a NaN.
template <class D, class V>
HWY_INLINE hn::Mask<D> IsFiniteNumber(D d, V x) {
  return hn::Lt(hn::Abs(x), hn::Inf(d));
}

/// Where the sign bit of x is set: of -0 as well, and of NaN.
template <class D, class V>
HWY_INLINE hn::Mask<D> HasSignBit(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  return hn::RebindMask(d, hn::TestBit(hn::BitCast(du, x), hn::BitCast(du, hn::SignBit(d))));
}

/// The sign of `sign` on the magnitude x; precondition: x >= 0.
template <class D, class V>
HWY_INLINE V WithSign(D d, V x, V sign) {
  return hn::Or(x, hn::And(sign, hn::SignBit(d)));
}

/// x between the limits; NaN becomes one of them.
template <class D, class V>
HWY_INLINE V Limit(D d, V x, double lowest, double highest) {
  return hn::Min(hn::Max(x, hn::Set(d, lowest)), hn::Set(d, highest));
}

/// `value`, but where x is NaN, NaN.
template <class V>
HWY_INLINE V KeepNaN(V x, V value) {
  return hn::IfThenElse(hn::IsNaN(x), x + x, value);
}

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
