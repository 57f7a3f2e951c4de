// Trees as text, every operation in parentheses: "(a + (b * c))".
#pragma once

#include <fmt/format.h>

#include <string>
#include <variant>

#include "expr/ast.hpp"

namespace fanfold::expr {

inline std::string printed(Operator op) {
  switch (op) {
    case Operator::add:
      return "+";
    case Operator::subtract:
      return "-";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::modulo:
      return "%";
    case Operator::power:
      return "^";
    case Operator::negate:
      return "-";
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
      return "not ";
  }
  return "?";
}

inline std::string quoted(const std::string& bytes) {
  std::string result = "'";
  for (const char c : bytes) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

/// What parse() reads back as the same value. A real always has a point or an exponent; a negative number
/// stands in parentheses, since no literal has a sign.
inline std::string printed(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  std::string number;
  if (const auto* real = std::get_if<double>(&value)) {
    number = fmt::format("{}", *real);
    if (number.find_first_of(".en") == std::string::npos) number += ".0";
  } else {
    number = fmt::format("{}", std::get<std::int64_t>(value));
  }
  return number[0] == '-' ? "(" + number + ")" : number;
}

inline std::string printed(const Node& node) {
  switch (node.kind) {
    case Node::Kind::literal:
      return printed(node.literal);
    case Node::Kind::name:
      return node.name;
    case Node::Kind::call: {
      std::string arguments;
      for (const auto& child : node.children) arguments += (arguments.empty() ? "" : ", ") + printed(*child);
      return fmt::format("{}({})", node.name, arguments);
    }
    case Node::Kind::unary:
      return fmt::format("({}{})", printed(node.op), printed(*node.children[0]));
    case Node::Kind::binary:
      return fmt::format("({} {} {})", printed(*node.children[0]), printed(node.op),
                         printed(*node.children[1]));
    case Node::Kind::conditional:
      return fmt::format("({} ? {} : {})", printed(*node.children[0]), printed(*node.children[1]),
                         printed(*node.children[2]));
  }
  return "";
}

}  // namespace fanfold::expr
