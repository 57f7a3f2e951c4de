// The functions of expressions: their names, what they take and what they give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace fanfold::expr {

enum class Function : std::uint8_t {
  abs,
  acos,
  asin,
  atan,
  atan2,
  cbrt,
  ceil,
  contains,
  cos,
  cosh,
  ends_with,
  erf,
  erfc,
  exp,
  expm1,
  floor,
  gamma,
  hypot,
  integer,
  isfinite,
  isinf,
  isnan,
  length,
  lgamma,
  log,
  log10,
  log1p,
  log2,
  max,
  min,
  pow,
  real,
  round,
  sign,
  sin,
  sinh,
  sqrt,
  starts_with,
  tan,
  tanh,
  trunc
};

/// How the types of the arguments decide the type of the value.
enum class Signature : std::uint8_t {
  exact,       ///< numbers; an integer if all are integers, else they are made reals and so is the value
  real,        ///< numbers, made reals; a real
  classify,    ///< a number, made a real; a truth value
  to_integer,  ///< a number; an integer
  measure,     ///< a text; an integer
  find         ///< two texts; a truth value
};

struct FunctionInfo {
  std::string_view name;
  Function function;
  Signature signature;
  std::size_t least_arguments;
  std::size_t most_arguments;
};

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

/// Null if there is no such function.
const FunctionInfo* find_function(std::string_view name);

}  // namespace fanfold::expr
