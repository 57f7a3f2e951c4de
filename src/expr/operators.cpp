#include "expr/operators.hpp"

namespace fanfold::expr {

OpcodePair arithmetic(Operator op) {
  switch (op) {
    case Operator::add:
      return {Opcode::add_integer, Opcode::add_real};
    case Operator::subtract:
      return {Opcode::subtract_integer, Opcode::subtract_real};
    case Operator::multiply:
      return {Opcode::multiply_integer, Opcode::multiply_real};
    case Operator::modulo:
      return {Opcode::modulo_integer, Opcode::modulo_real};
    default:
      return {Opcode::power_integer, Opcode::power_real};
  }
}

std::optional<Comparison> comparison_of(Operator op) {
  switch (op) {
    case Operator::equal:
      return Comparison{{Opcode::equal_integer, Opcode::equal_real}, Opcode::equal_text};
    case Operator::not_equal:
      return Comparison{{Opcode::not_equal_integer, Opcode::not_equal_real}, Opcode::not_equal_text};
    case Operator::less:
      return Comparison{{Opcode::less_integer, Opcode::less_real}, Opcode::less_text};
    case Operator::less_equal:
      return Comparison{{Opcode::less_equal_integer, Opcode::less_equal_real}, Opcode::less_equal_text};
    case Operator::greater:
      return Comparison{{Opcode::greater_integer, Opcode::greater_real}, Opcode::greater_text};
    case Operator::greater_equal:
      return Comparison{{Opcode::greater_equal_integer, Opcode::greater_equal_real},
                        Opcode::greater_equal_text};
    default:
      return std::nullopt;
  }
}

std::string_view spelling(Operator op) {
  switch (op) {
    case Operator::add:
      return "+";
    case Operator::subtract:
    case Operator::negate:
      return "-";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::modulo:
      return "%";
    case Operator::power:
      return "^";
    case Operator::equal:
      return "==";
    case Operator::not_equal:
      return "!=";
    case Operator::less:
      return "<";
    case Operator::less_equal:
      return "<=";
    case Operator::greater:
      return ">";
    case Operator::greater_equal:
      return ">=";
    case Operator::logical_and:
      return "and";
    case Operator::logical_or:
      return "or";
    case Operator::logical_not:
      return "not";
  }
  return {};
}

}  // namespace fanfold::expr
