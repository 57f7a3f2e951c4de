// The functions of expressions: their names, what they take and what they give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "expr/instruction.hpp"

namespace fanfold::expr {

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
  Signature signature;
  std::size_t least_arguments;
  std::size_t most_arguments;
  Opcode opcode;                        ///< of reals or texts; copy_word: the argument is the value
  Opcode integers = Opcode::copy_word;  ///< exact: of integers
};

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

/// Null if there is no such function.
const FunctionInfo* find_function(std::string_view name);

}  // namespace fanfold::expr
