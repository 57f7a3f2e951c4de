#include "expr/operators.hpp"

namespace fanfold::expr {
namespace {

/// The first opcode of the chains that begin with it, if there are such.
std::optional<std::uint16_t> first_of_chain(Opcode opcode) {
  switch (opcode) {
    case Opcode::add_real:
      return static_cast<std::uint16_t>(Opcode::add_then_add);
    case Opcode::subtract_real:
      return static_cast<std::uint16_t>(Opcode::subtract_then_add);
    case Opcode::multiply_real:
      return static_cast<std::uint16_t>(Opcode::multiply_then_add);
    case Opcode::divide_real:
      return static_cast<std::uint16_t>(Opcode::divide_then_add);
    default:
      return std::nullopt;
  }
}

/// Where the chain is among those of its first operation, in the order of FANFOLD_EXPR_CHAINS.
std::optional<std::uint16_t> second_of_chain(Opcode opcode, bool first_is_right) {
  switch (opcode) {
    case Opcode::add_real:
      return 0;
    case Opcode::subtract_real:
      return first_is_right ? 2 : 1;
    case Opcode::multiply_real:
      return 3;
    case Opcode::divide_real:
      return first_is_right ? 5 : 4;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Opcode> chain_of(Opcode first, Opcode second, bool first_is_right) {
  const auto begin = first_of_chain(first);
  const auto step = second_of_chain(second, first_is_right);
  if (!begin || !step) return std::nullopt;
  return static_cast<Opcode>(*begin + *step);
}

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
