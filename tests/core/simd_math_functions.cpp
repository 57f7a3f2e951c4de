#include "core/simd_math_functions.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd_math_functions.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "core/simd_math-inl.h"

// The functions of one argument, and of two.
#ifndef FANFOLD_SIMD_FUNCTIONS
// clang-format off
#define FANFOLD_SIMD_FUNCTIONS(ONE, TWO)                                                                     \
  ONE(Exp)                                                                                                   \
  ONE(Exp2)                                                                                                  \
  ONE(Expm1)                                                                                                 \
  ONE(Log)                                                                                                   \
  ONE(Log2) ONE(Log10) ONE(Log1p) TWO(Pow) ONE(Cbrt) TWO(Hypot) ONE(Sin) ONE(Cos) ONE(Tan) ONE(Asin)         \
      ONE(Acos) ONE(Atan) TWO(Atan2) ONE(Sinh) ONE(Cosh) ONE(Tanh) ONE(Asinh) ONE(Acosh) ONE(Atanh) ONE(Erf) \
          ONE(Erfc) ONE(Gamma) ONE(LogGamma)
// clang-format on
#endif

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace HWY_NAMESPACE {

/// Calls f on vectors of x and y; what the last one lacks is filled up with 1.
template <class F>
HWY_INLINE void OverArrays(const double* x, const double* y, double* out, std::size_t size, F f) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(f(d, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, out + i);
  }
  if (i == size) return;
  HWY_ALIGN double last_x[hn::MaxLanes(d)];
  HWY_ALIGN double last_y[hn::MaxLanes(d)];
  HWY_ALIGN double last[hn::MaxLanes(d)];
  std::fill_n(last_x, lanes, 1.0);
  std::fill_n(last_y, lanes, 1.0);
  std::copy(x + i, x + size, last_x);
  std::copy(y + i, y + size, last_y);
  hn::Store(f(d, hn::Load(d, last_x), hn::Load(d, last_y)), d, last);
  std::copy_n(last, size - i, out + i);
}

#define FANFOLD_ONE(NAME)                                                           \
  struct Call##NAME {                                                               \
    template <class D, class V>                                                     \
    HWY_INLINE V operator()(D d, V x, V) const {                                    \
      return NAME(d, x);                                                            \
    }                                                                               \
  };                                                                                \
  void Run##NAME(const double* x, const double* y, double* out, std::size_t size) { \
    OverArrays(x, y, out, size, Call##NAME());                                      \
  }
#define FANFOLD_TWO(NAME)                                                           \
  struct Call##NAME {                                                               \
    template <class D, class V>                                                     \
    HWY_INLINE V operator()(D d, V x, V y) const {                                  \
      return NAME(d, x, y);                                                         \
    }                                                                               \
  };                                                                                \
  void Run##NAME(const double* x, const double* y, double* out, std::size_t size) { \
    OverArrays(x, y, out, size, Call##NAME());                                      \
  }
FANFOLD_SIMD_FUNCTIONS(FANFOLD_ONE, FANFOLD_TWO)
#undef FANFOLD_ONE
#undef FANFOLD_TWO

}  // namespace HWY_NAMESPACE
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

#define FANFOLD_EXPORT(NAME)                                                             \
  HWY_EXPORT(Run##NAME);                                                                 \
  void Dispatch##NAME(const double* x, const double* y, double* out, std::size_t size) { \
    HWY_DYNAMIC_DISPATCH(Run##NAME)(x, y, out, size);                                    \
  }
FANFOLD_SIMD_FUNCTIONS(FANFOLD_EXPORT, FANFOLD_EXPORT)

}  // namespace

const std::vector<SimdFunction>& simd_functions() {
#define FANFOLD_ENTRY(NAME) {#NAME, &Dispatch##NAME},
  static const std::vector<SimdFunction> functions = {FANFOLD_SIMD_FUNCTIONS(FANFOLD_ENTRY, FANFOLD_ENTRY)};
  return functions;
}

const SimdFunction& simd_function(const char* name) {
  for (const SimdFunction& function : simd_functions()) {
    if (std::strcmp(function.name, name) == 0) return function;
  }
  throw std::out_of_range(name);
}

}  // namespace fanfold
#endif
