// The instructions, compiled once for every SIMD target.
//
// All targets with fused multiply-add give the same bits: the operations used here are exact or correctly
// rounded, the elementary functions come from core/simd_math-inl.h.
#include "expr/machine.hpp"

#include <hwy/cache_control.h>

#include <cstdint>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "expr/machine.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "core/simd_math-inl.h"
#include "expr/scalar_operations.hpp"

HWY_BEFORE_NAMESPACE();
namespace fanfold::expr {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace math = fanfold::HWY_NAMESPACE;

using Reals = hn::CappedTag<double, row_multiple>;
using Integers = hn::CappedTag<std::int64_t, row_multiple>;
using Real = hn::Vec<Reals>;
using Integer = hn::Vec<Integers>;

// The blocks of a place, by the type of its values.
HWY_INLINE const std::int64_t* block(const Frame& frame, std::uint32_t place, Integers) {
  return frame.integers(place);
}
HWY_INLINE const double* block(const Frame& frame, std::uint32_t place, Reals) { return frame.reals(place); }
HWY_INLINE void store(Integer value, std::byte* to, std::size_t row) {
  hn::StoreU(value, Integers(), reinterpret_cast<std::int64_t*>(to) + row);
}
HWY_INLINE void store(Real value, std::byte* to, std::size_t row) {
  hn::StoreU(value, Reals(), reinterpret_cast<double*>(to) + row);
}
/// The integers 1 and 0 from a mask of either type.
template <class Mask>
HWY_INLINE Integer truth_of(Mask mask) {
  return hn::IfThenElseZero(hn::RebindMask(Integers(), mask), hn::Set(Integers(), 1));
}

// An opcode whose value is a vector expression over x = a, y = b, z = c; `Tag` is the operands' type, `d` its
// tag. It cannot fail. Pointers are copied to locals: a store could change them for all that the compiler
// knows.
#define FANFOLD_VECTOR(name, Tag, value)                                                                \
  template <std::size_t constant_rows>                                                                  \
  HWY_INLINE bool name##_rows(const Instruction& at, const Frame& frame) {                              \
    const Tag d;                                                                                        \
    const auto* a = block(frame, at.a, d);                                                              \
    [[maybe_unused]] const auto* b = block(frame, at.b, d);                                             \
    [[maybe_unused]] const auto* c = block(frame, at.c, d);                                             \
    std::byte* const out = frame.places[at.out];                                                        \
    const std::size_t padded = constant_rows != 0 ? constant_rows : frame.padded;                       \
    for (std::size_t row = 0; row < padded; row += hn::Lanes(d)) {                                      \
      [[maybe_unused]] const auto x = hn::LoadU(d, a + row);                                            \
      [[maybe_unused]] const auto y = hn::LoadU(d, b + row);                                            \
      [[maybe_unused]] const auto z = hn::LoadU(d, c + row);                                            \
      store((value), out, row);                                                                         \
    }                                                                                                   \
    return false;                                                                                       \
  }                                                                                                     \
  bool name(const Instruction& at, const Frame& frame) {                                                \
    return frame.padded == block_rows ? name##_rows<block_rows>(at, frame) : name##_rows<0>(at, frame); \
  }

// The same; `failed` is a vector whose sign bits say which rows failed, from x, y and the value r.
#define FANFOLD_CHECKED(name, value, failed)                                                            \
  template <std::size_t constant_rows>                                                                  \
  HWY_INLINE bool name##_rows(const Instruction& at, const Frame& frame) {                              \
    const Integers d;                                                                                   \
    const std::int64_t* a = frame.integers(at.a);                                                       \
    [[maybe_unused]] const std::int64_t* b = frame.integers(at.b);                                      \
    std::byte* const out = frame.places[at.out];                                                        \
    const std::size_t padded = constant_rows != 0 ? constant_rows : frame.padded;                       \
    Integer failures = hn::Zero(d);                                                                     \
    for (std::size_t row = 0; row < padded; row += hn::Lanes(d)) {                                      \
      const Integer x = hn::LoadU(d, a + row);                                                          \
      [[maybe_unused]] const Integer y = hn::LoadU(d, b + row);                                         \
      const Integer r = (value);                                                                        \
      failures = hn::Or(failures, (failed));                                                            \
      store(r, out, row);                                                                               \
    }                                                                                                   \
    return !hn::AllFalse(d, hn::Lt(failures, hn::Zero(d)));                                             \
  }                                                                                                     \
  bool name(const Instruction& at, const Frame& frame) {                                                \
    return frame.padded == block_rows ? name##_rows<block_rows>(at, frame) : name##_rows<0>(at, frame); \
  }

// An opcode over texts, row by row.
#define FANFOLD_TEXT(name, value)                                         \
  bool name(const Instruction& at, const Frame& frame) {                  \
    for (std::size_t row = 0; row < frame.rows; ++row) {                  \
      const std::string_view x = frame.texts(at.a)[row];                  \
      [[maybe_unused]] const std::string_view y = frame.texts(at.b)[row]; \
      frame.integers(at.out)[row] = static_cast<std::int64_t>(value);     \
    }                                                                     \
    return false;                                                         \
  }

bool copy_text(const Instruction& at, const Frame& frame) {
  for (std::size_t row = 0; row < frame.rows; ++row) frame.texts(at.out)[row] = frame.texts(at.a)[row];
  return false;
}

// Conversions. (hn::Ne is false for NaN on some targets; the negation of hn::Eq is true.)
FANFOLD_VECTOR(copy_word, Integers, x)
FANFOLD_VECTOR(to_real, Integers, hn::ConvertTo(Reals(), x))
FANFOLD_VECTOR(truth, Reals, truth_of(hn::Not(hn::Eq(x, hn::Zero(d)))))

bool to_integer(const Instruction& at, const Frame& frame) {
  const Reals d;
  const double* a = frame.reals(at.a);
  std::byte* const out = frame.places[at.out];
  const std::size_t padded = frame.padded;
  auto fits = hn::Eq(hn::Zero(d), hn::Zero(d));
  for (std::size_t row = 0; row < padded; row += hn::Lanes(d)) {
    const Real x = hn::LoadU(d, a + row);
    const auto in_range = hn::And(hn::Ge(x, hn::Set(d, -0x1p63)), hn::Lt(x, hn::Set(d, 0x1p63)));
    fits = hn::And(fits, in_range);
    // What does not fit becomes 0, so that no target converts it in a way of its own.
    store(hn::ConvertTo(Integers(), hn::IfThenElseZero(in_range, x)), out, row);
  }
  return !hn::AllTrue(d, fits);
}

// Integers. An addition overflows if the sum has another sign than both addends (Warren: Hacker's Delight,
// 2-13).
FANFOLD_CHECKED(add_integer, hn::Add(x, y), hn::And(hn::Xor(x, r), hn::Xor(y, r)))
FANFOLD_CHECKED(subtract_integer, hn::Sub(x, y), hn::And(hn::Xor(x, y), hn::Xor(x, r)))
FANFOLD_CHECKED(negate_integer, hn::Sub(hn::Zero(d), x), hn::And(x, r))
FANFOLD_CHECKED(abs_integer, hn::Abs(x), r)

// Row by row, x and y to r.
#define FANFOLD_SCALAR(name, Word, fails)                              \
  bool name(const Instruction& at, const Frame& frame) {               \
    const auto* a = reinterpret_cast<const Word*>(frame.places[at.a]); \
    const auto* b = reinterpret_cast<const Word*>(frame.places[at.b]); \
    auto* out = reinterpret_cast<Word*>(frame.places[at.out]);         \
    const std::size_t padded = frame.padded;                           \
    bool failed = false;                                               \
    for (std::size_t row = 0; row < padded; ++row) {                   \
      const Word x = a[row];                                           \
      const Word y = b[row];                                           \
      Word r = 0;                                                      \
      failed |= (fails);                                               \
      out[row] = r;                                                    \
    }                                                                  \
    return failed;                                                     \
  }

FANFOLD_SCALAR(multiply_integer, std::int64_t, __builtin_mul_overflow(x, y, &r))
FANFOLD_SCALAR(modulo_integer, std::int64_t, modulo_fails(x, y, r))
FANFOLD_SCALAR(power_integer, std::int64_t, power_fails(x, y, r))

FANFOLD_VECTOR(sign_integer, Integers,
               hn::Or(hn::VecFromMask(d, hn::Lt(x, hn::Zero(d))), truth_of(hn::Gt(x, hn::Zero(d)))))
FANFOLD_VECTOR(min_integer, Integers, hn::Min(x, y))
FANFOLD_VECTOR(max_integer, Integers, hn::Max(x, y))
FANFOLD_VECTOR(equal_integer, Integers, truth_of(hn::Eq(x, y)))
FANFOLD_VECTOR(not_equal_integer, Integers, truth_of(hn::Not(hn::Eq(x, y))))
FANFOLD_VECTOR(less_integer, Integers, truth_of(hn::Lt(x, y)))
FANFOLD_VECTOR(less_equal_integer, Integers, truth_of(hn::Not(hn::Lt(y, x))))
FANFOLD_VECTOR(greater_integer, Integers, truth_of(hn::Lt(y, x)))
FANFOLD_VECTOR(greater_equal_integer, Integers, truth_of(hn::Not(hn::Lt(x, y))))

// Truth values: every integer but 0 is true.
HWY_INLINE auto is_zero(Integer x) { return hn::Eq(x, hn::Zero(Integers())); }
FANFOLD_VECTOR(logical_not, Integers, truth_of(is_zero(x)))
FANFOLD_VECTOR(logical_and, Integers, truth_of(hn::Not(hn::Or(is_zero(x), is_zero(y)))))
FANFOLD_VECTOR(logical_or, Integers, truth_of(hn::Not(is_zero(hn::Or(x, y)))))

bool select_word(const Instruction& at, const Frame& frame) {
  const Integers d;
  const std::int64_t* condition = frame.integers(at.a);
  const std::int64_t* if_true = frame.integers(at.b);
  const std::int64_t* if_false = frame.integers(at.c);
  std::byte* const out = frame.places[at.out];
  const std::size_t padded = frame.padded;
  for (std::size_t row = 0; row < padded; row += hn::Lanes(d)) {
    const auto is_false = is_zero(hn::LoadU(d, condition + row));
    store(hn::IfThenElse(is_false, hn::LoadU(d, if_false + row), hn::LoadU(d, if_true + row)), out, row);
  }
  return false;
}

// Reals.
FANFOLD_VECTOR(negate_real, Reals, hn::Neg(x))
FANFOLD_VECTOR(add_real, Reals, hn::Add(x, y))
FANFOLD_VECTOR(subtract_real, Reals, hn::Sub(x, y))
FANFOLD_VECTOR(multiply_real, Reals, hn::Mul(x, y))
FANFOLD_VECTOR(divide_real, Reals, hn::Div(x, y))

#define FANFOLD_CHAINS(first, value)                                     \
  FANFOLD_VECTOR(first##_then_add, Reals, hn::Add((value), z))           \
  FANFOLD_VECTOR(first##_then_subtract, Reals, hn::Sub((value), z))      \
  FANFOLD_VECTOR(first##_then_subtract_from, Reals, hn::Sub(z, (value))) \
  FANFOLD_VECTOR(first##_then_multiply, Reals, hn::Mul((value), z))      \
  FANFOLD_VECTOR(first##_then_divide, Reals, hn::Div((value), z))        \
  FANFOLD_VECTOR(first##_then_divide_into, Reals, hn::Div(z, (value)))

FANFOLD_CHAINS(add, hn::Add(x, y))
FANFOLD_CHAINS(subtract, hn::Sub(x, y))
FANFOLD_CHAINS(multiply, hn::Mul(x, y))
FANFOLD_CHAINS(divide, hn::Div(x, y))
#undef FANFOLD_CHAINS

FANFOLD_SCALAR(modulo_real, double, modulo_fails(x, y, r))

FANFOLD_VECTOR(equal_real, Reals, truth_of(hn::Eq(x, y)))
FANFOLD_VECTOR(not_equal_real, Reals, truth_of(hn::Not(hn::Eq(x, y))))
FANFOLD_VECTOR(less_real, Reals, truth_of(hn::Lt(x, y)))
FANFOLD_VECTOR(less_equal_real, Reals, truth_of(hn::Le(x, y)))
FANFOLD_VECTOR(greater_real, Reals, truth_of(hn::Gt(x, y)))
FANFOLD_VECTOR(greater_equal_real, Reals, truth_of(hn::Ge(x, y)))
FANFOLD_VECTOR(isnan_real, Reals, truth_of(hn::IsNaN(x)))
FANFOLD_VECTOR(isinf_real, Reals, truth_of(hn::IsInf(x)))
FANFOLD_VECTOR(isfinite_real, Reals, truth_of(hn::IsFinite(x)))

// Hardware disagrees about minima of zeros and NaN. Here −0 < +0 (equal numbers differ in the sign bit at
// most), and NaN propagates.
HWY_INLINE Real first_of(hn::Mask<Reals> x_first, hn::Mask<Reals> y_first, Real x, Real y, Real if_equal) {
  const Reals d;
  const Real nan = hn::Set(d, std::numeric_limits<double>::quiet_NaN());
  const Real undecided = hn::IfThenElse(hn::Eq(x, y), if_equal, nan);
  return hn::IfThenElse(x_first, x, hn::IfThenElse(y_first, y, undecided));
}
FANFOLD_VECTOR(min_real, Reals, first_of(hn::Lt(x, y), hn::Lt(y, x), x, y, hn::Or(x, y)))
FANFOLD_VECTOR(max_real, Reals, first_of(hn::Gt(x, y), hn::Gt(y, x), x, y, hn::And(x, y)))

HWY_INLINE Real sign(Real x) {
  const Reals d;
  const Real zero = hn::Zero(d);
  const Real negative = hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, -1.0), x);
  return hn::IfThenElse(hn::Gt(x, zero), hn::Set(d, 1.0), negative);
}
FANFOLD_VECTOR(sign_real, Reals, sign(x))
FANFOLD_VECTOR(abs_real, Reals, hn::Abs(x))
// Zero takes the sign of x, as IEEE 754 says; SSSE3's emulation forgets it.
FANFOLD_VECTOR(floor_real, Reals, hn::CopySign(hn::Floor(x), x))
FANFOLD_VECTOR(ceil_real, Reals, hn::CopySign(hn::Ceil(x), x))
FANFOLD_VECTOR(round_real, Reals, hn::CopySign(hn::Round(x), x))
FANFOLD_VECTOR(trunc_real, Reals, hn::CopySign(hn::Trunc(x), x))
FANFOLD_VECTOR(sqrt_real, Reals, hn::Sqrt(x))

// Elementary functions.
FANFOLD_VECTOR(power_real, Reals, math::Pow(d, x, y))
FANFOLD_VECTOR(acos_real, Reals, math::Acos(d, x))
FANFOLD_VECTOR(acosh_real, Reals, math::Acosh(d, x))
FANFOLD_VECTOR(asin_real, Reals, math::Asin(d, x))
FANFOLD_VECTOR(asinh_real, Reals, math::Asinh(d, x))
FANFOLD_VECTOR(atan_real, Reals, math::Atan(d, x))
FANFOLD_VECTOR(atan2_real, Reals, math::Atan2(d, x, y))
FANFOLD_VECTOR(atanh_real, Reals, math::Atanh(d, x))
FANFOLD_VECTOR(cbrt_real, Reals, math::Cbrt(d, x))
FANFOLD_VECTOR(cos_real, Reals, math::Cos(d, x))
FANFOLD_VECTOR(cosh_real, Reals, math::Cosh(d, x))
FANFOLD_VECTOR(erf_real, Reals, math::Erf(d, x))
FANFOLD_VECTOR(erfc_real, Reals, math::Erfc(d, x))
FANFOLD_VECTOR(exp_real, Reals, math::Exp(d, x))
FANFOLD_VECTOR(expm1_real, Reals, math::Expm1(d, x))
FANFOLD_VECTOR(gamma_real, Reals, math::Gamma(d, x))
FANFOLD_VECTOR(hypot_real, Reals, math::Hypot(d, x, y))
FANFOLD_VECTOR(lgamma_real, Reals, math::LogGamma(d, x))
FANFOLD_VECTOR(log_real, Reals, math::Log(d, x))
FANFOLD_VECTOR(log10_real, Reals, math::Log10(d, x))
FANFOLD_VECTOR(log1p_real, Reals, math::Log1p(d, x))
FANFOLD_VECTOR(log2_real, Reals, math::Log2(d, x))
FANFOLD_VECTOR(sin_real, Reals, math::Sin(d, x))
FANFOLD_VECTOR(sinh_real, Reals, math::Sinh(d, x))
FANFOLD_VECTOR(tan_real, Reals, math::Tan(d, x))
FANFOLD_VECTOR(tanh_real, Reals, math::Tanh(d, x))

// Texts: compared byte by byte, as unsigned numbers.
FANFOLD_TEXT(equal_text, x == y)
FANFOLD_TEXT(not_equal_text, x != y)
FANFOLD_TEXT(less_text, x < y)
FANFOLD_TEXT(less_equal_text, x <= y)
FANFOLD_TEXT(greater_text, x > y)
FANFOLD_TEXT(greater_equal_text, x >= y)
FANFOLD_TEXT(length_text, utf8_length(x))
FANFOLD_TEXT(contains_text, x.find(y) != std::string_view::npos)
FANFOLD_TEXT(starts_with_text, x.starts_with(y))
FANFOLD_TEXT(ends_with_text, x.ends_with(y))

bool select_text(const Instruction& at, const Frame& frame) {
  for (std::size_t row = 0; row < frame.rows; ++row) {
    const std::uint32_t chosen = frame.integers(at.a)[row] != 0 ? at.b : at.c;
    frame.texts(at.out)[row] = frame.texts(chosen)[row];
  }
  return false;
}

#undef FANFOLD_VECTOR
#undef FANFOLD_CHECKED
#undef FANFOLD_SCALAR
#undef FANFOLD_TEXT

using Operation = bool (*)(const Instruction&, const Frame&);
constexpr Operation operations[] = {
#define FANFOLD_EXPR_OPERATION(name) name,
    FANFOLD_EXPR_OPCODES(FANFOLD_EXPR_OPERATION)
#undef FANFOLD_EXPR_OPERATION
};

bool execute(std::span<const Instruction> instructions, const Frame& frame) {
  bool failed = false;
  for (const Instruction& instruction : instructions) {
    failed |= operations[static_cast<std::size_t>(instruction.opcode)](instruction, frame);
  }
  return failed;
}

void leave_block(Blocks& blocks) {
  const Integers d;
  if (blocks.streamed != nullptr) {
    const auto* source = reinterpret_cast<const std::int64_t*>(blocks.places[blocks.output]);
    auto* target = reinterpret_cast<std::int64_t*>(blocks.streamed);
    for (std::size_t row = 0; row < block_rows; row += hn::Lanes(d)) {
      hn::Stream(hn::LoadU(d, source + row), d, target + row);
    }
    blocks.streamed += block_rows * sizeof(std::int64_t);
  }
  for (std::size_t place = 0; place < blocks.steps.size(); ++place)
    blocks.places[place] += blocks.steps[place];
}

std::size_t execute_blocks(std::span<const Instruction> instructions, Blocks& blocks, std::size_t count) {
  const Frame frame{blocks.places, block_rows, block_rows};
  for (std::size_t done = 0; done < count; ++done) {
    if (execute(instructions, frame)) return done;
    leave_block(blocks);
  }
  return count;
}

}  // namespace

Machine target_machine() { return {execute, execute_blocks, leave_block}; }

}  // namespace HWY_NAMESPACE
}  // namespace fanfold::expr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold::expr {

HWY_EXPORT(target_machine);

Machine machine() { return HWY_DYNAMIC_DISPATCH(target_machine)(); }

void finish_stream() { hwy::FlushStream(); }

}  // namespace fanfold::expr
#endif
