// The arithmetic and the conditions of an entry: what is done with its aggregates in the end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "expr/program.hpp"
#include "reduce/answer.hpp"

namespace fanfold::reduce {

/// A tree of arithmetic over aggregates. Integers stay integers of any size under + - * and %, and under ^ if
/// the exponent is not negative and the power has less than a million bits (above: infinity). Two integers
/// divided, and a power with a negative exponent, are rounded once to a real. All else is computed in reals,
/// each integer rounded to the nearest. What is computed from Nothing, and an integer modulo 0, is Nothing.
/// Two integers are compared exactly, other numbers as reals, texts byte by byte.
/// Immutable.
class Formula {
 public:
  struct Aggregate {
    std::size_t number;  ///< in the order of the values that evaluate is given
  };
  struct Negation {
    std::unique_ptr<Formula> operand;
  };
  struct Operation {
    expr::Operator op;  ///< + - * / % ^
    std::unique_ptr<Formula> left;
    std::unique_ptr<Formula> right;
    std::optional<expr::Program>
        in_reals;  ///< the same of two reals, in slots 0 and 1; none for integer ^ integer
  };
  struct Call {
    expr::Program function;  ///< of reals, one slot for each argument
    std::vector<Formula> arguments;
  };
  struct Comparison {
    expr::Operator op;  ///< == != < <= > >= : of two numbers, two texts or two truth values
    std::unique_ptr<Formula> left;
    std::unique_ptr<Formula> right;
  };
  struct Logic {
    expr::Operator op;  ///< and, or, not
    std::unique_ptr<Formula> left;
    std::unique_ptr<Formula> right;  ///< null for `not`
  };
  struct Choice {
    std::unique_ptr<Formula> condition;
    std::unique_ptr<Formula> if_true;
    std::unique_ptr<Formula> if_false;
  };
  using Node = std::variant<AnswerValue, Aggregate, Negation, Operation, Call, Comparison, Logic, Choice>;

  explicit Formula(Node node) : node_(std::move(node)) {}

  AnswerValue evaluate(std::span<const AnswerValue> aggregates) const;

 private:
  Node node_;
};

}  // namespace fanfold::reduce
