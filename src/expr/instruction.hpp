// What a compiled expression consists of: instructions over blocks of rows.
//
// An instruction reads up to three operands and writes one, each a block of 64 values: 64-bit words (integers
// and doubles) or text views. Blocks live in places, which the program numbers: columns, the output,
// registers, constants. 64 rows keep the registers of an expression in the first-level cache, and cost little
// for batches of a few tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanfold::expr {

inline constexpr std::size_t block_rows = 64;

/// Word blocks are computed for a multiple of this many rows: no target's vector of words has more lanes.
inline constexpr std::size_t row_multiple = 8;

// Two operations of reals in one: the value of the first goes to the second without a way through memory.
// What `first##_then_divide` computes is (a first b) / c, and `first##_then_divide_into` c / (a first b).
// Each is rounded as if alone. (Superoperators: Proebsting, POPL 1995.)
#define FANFOLD_EXPR_CHAINS(X, first) \
  X(first##_then_add)                 \
  X(first##_then_subtract)            \
  X(first##_then_subtract_from)       \
  X(first##_then_multiply)            \
  X(first##_then_divide)              \
  X(first##_then_divide_into)

// The opcodes; `a`, `b`, `c` are the operands. Truth values are the integers 0 and 1; a word is an integer or
// a double.
#define FANFOLD_EXPR_OPCODES(X)                            \
  X(copy_word)                                             \
  X(copy_text)                                             \
  X(to_real)    /* integer a as a double */                \
  X(to_integer) /* real a truncated; fails out of range */ \
  X(truth)      /* real a != 0 */                          \
  X(negate_integer)                                        \
  X(add_integer)                                           \
  X(subtract_integer)                                      \
  X(multiply_integer)                                      \
  X(modulo_integer)                                        \
  X(power_integer)                                         \
  X(abs_integer)                                           \
  X(sign_integer)                                          \
  X(min_integer)                                           \
  X(max_integer)                                           \
  X(equal_integer)                                         \
  X(not_equal_integer)                                     \
  X(less_integer)                                          \
  X(less_equal_integer)                                    \
  X(greater_integer)                                       \
  X(greater_equal_integer)                                 \
  X(logical_not)                                           \
  X(logical_and)                                           \
  X(logical_or)                                            \
  X(select_word) /* a != 0 ? b : c */                      \
  X(negate_real)                                           \
  X(add_real)                                              \
  X(subtract_real)                                         \
  X(multiply_real)                                         \
  X(divide_real)                                           \
  FANFOLD_EXPR_CHAINS(X, add)                              \
  FANFOLD_EXPR_CHAINS(X, subtract)                         \
  FANFOLD_EXPR_CHAINS(X, multiply)                         \
  FANFOLD_EXPR_CHAINS(X, divide)                           \
  X(modulo_real)                                           \
  X(equal_real)                                            \
  X(not_equal_real)                                        \
  X(less_real)                                             \
  X(less_equal_real)                                       \
  X(greater_real)                                          \
  X(greater_equal_real)                                    \
  X(abs_real)                                              \
  X(sign_real)                                             \
  X(min_real)                                              \
  X(max_real)                                              \
  X(floor_real)                                            \
  X(ceil_real)                                             \
  X(round_real)                                            \
  X(trunc_real)                                            \
  X(sqrt_real)                                             \
  X(power_real)                                            \
  X(acos_real)                                             \
  X(acosh_real)                                            \
  X(asin_real)                                             \
  X(asinh_real)                                            \
  X(atan_real)                                             \
  X(atan2_real)                                            \
  X(atanh_real)                                            \
  X(cbrt_real)                                             \
  X(cos_real)                                              \
  X(cosh_real)                                             \
  X(erf_real)                                              \
  X(erfc_real)                                             \
  X(exp_real)                                              \
  X(expm1_real)                                            \
  X(gamma_real)                                            \
  X(hypot_real)                                            \
  X(lgamma_real)                                           \
  X(log_real)                                              \
  X(log10_real)                                            \
  X(log1p_real)                                            \
  X(log2_real)                                             \
  X(sin_real)                                              \
  X(sinh_real)                                             \
  X(tan_real)                                              \
  X(tanh_real)                                             \
  X(isnan_real)                                            \
  X(isinf_real)                                            \
  X(isfinite_real)                                         \
  X(equal_text)                                            \
  X(not_equal_text)                                        \
  X(less_text)                                             \
  X(less_equal_text)                                       \
  X(greater_text)                                          \
  X(greater_equal_text)                                    \
  X(select_text) /* a != 0 ? b : c */                      \
  X(length_text)                                           \
  X(contains_text)                                         \
  X(starts_with_text)                                      \
  X(ends_with_text)

enum class Opcode : std::uint16_t {
#define FANFOLD_EXPR_ENUMERATOR(name) name,
  FANFOLD_EXPR_OPCODES(FANFOLD_EXPR_ENUMERATOR)
#undef FANFOLD_EXPR_ENUMERATOR
};

/// Operands are numbers of places. `out` may be one of the operands: each row is read before it is written.
struct Instruction {
  Opcode opcode;
  std::uint32_t out;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

/// Where the blocks of the places are in memory, for the block of rows at hand.
struct Frame {
  std::byte* const* places;
  std::size_t rows;  ///< at most 64
  std::size_t
      padded;  ///< rows, rounded up to row_multiple: the words of word blocks that may be read and written

  std::int64_t* integers(std::uint32_t place) const { return reinterpret_cast<std::int64_t*>(places[place]); }
  double* reals(std::uint32_t place) const { return reinterpret_cast<double*>(places[place]); }
  std::string_view* texts(std::uint32_t place) const {
    return reinterpret_cast<std::string_view*>(places[place]);
  }
};

}  // namespace fanfold::expr
