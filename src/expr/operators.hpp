// What operators compile to, and how they are written.
#pragma once

#include <optional>
#include <string_view>

#include "expr/ast.hpp"
#include "expr/instruction.hpp"

namespace fanfold::expr {

/// An operation on integers and its like on reals.
struct OpcodePair {
  Opcode integer;
  Opcode real;
};

/// Of + - * % and ^. Division has none on integers.
OpcodePair arithmetic(Operator op);

/// The opcode that does both: `first` and, with its value on the left or the right, `second`. Nothing if
/// there is none.
std::optional<Opcode> chain_of(Opcode first, Opcode second, bool first_is_right);

struct Comparison {
  OpcodePair numbers;
  Opcode texts;
};

/// Nothing if the operator does not compare.
std::optional<Comparison> comparison_of(Operator op);

std::string_view spelling(Operator op);

}  // namespace fanfold::expr
