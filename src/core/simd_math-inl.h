// Elementary functions of doubles in SIMD: one source for every target, included by files that are compiled
// for each (see hwy/foreach_target.h), and called inside their HWY_NAMESPACE: `Exp(d, x)` with a Highway tag
// and vectors of it.
//
// Same bits on every target that has a fused multiply-add (AVX2 and above on x86, Arm), whatever its number
// of lanes and whichever lane a value is in: only operations that are exact on each lane by IEEE 754, no
// approximate reciprocal, no function of libm. On targets without one (SSE4, SSSE3) the error bounds hold as
// well, the last bit may differ. To be compiled with -ffp-contract=off, and in the default rounding mode.
//
// Special values are those of C11, Annex F. Error bounds stand at each function, in units in the last place
// (ULP) of the exact result.
#include "core/simd_arc-inl.h"
#include "core/simd_erf-inl.h"
#include "core/simd_exp_log-inl.h"
#include "core/simd_gamma-inl.h"
#include "core/simd_hyperbolic-inl.h"
#include "core/simd_power-inl.h"
#include "core/simd_trigonometric-inl.h"
