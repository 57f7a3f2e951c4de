#include "reduce/formula.hpp"

#include <limits>
#include <optional>

#include "core/column_buffer.hpp"
#include "core/exact_sum.hpp"
#include "core/overloaded.hpp"
#include "core/row_failures.hpp"

namespace fanfold::reduce {
namespace {

const BigInteger& one() {
  static const BigInteger value = 1;
  return value;
}

/// Numbers only: the compiler of entries lets no text and no task into arithmetic.
double to_real(const AnswerValue& value) {
  const BigInteger* integer = std::get_if<BigInteger>(&value);
  return integer != nullptr ? rounded_quotient(*integer, one()) : std::get<double>(value);
}

AnswerValue evaluate_in_reals(const expr::Program& program, std::span<const double> arguments) {
  std::vector<ConstColumn> columns;
  for (const double& argument : arguments) columns.emplace_back(std::span(&argument, 1));
  ColumnBuffer out;
  RowFailures failures;
  failures.reset(1);
  expr::Scratch scratch;
  program.evaluate(columns, 1, out, failures, scratch);
  if (failures.any()) return Nothing();
  if (program.type() == Type::integer) return BigInteger(out.integers()[0]);
  return out.reals()[0];
}

/// The remainder with the sign of the divisor, as expressions have it. Precondition: divisor != 0.
BigInteger floored_modulo(const BigInteger& dividend, const BigInteger& divisor) {
  const BigInteger remainder = dividend % divisor;
  return !remainder.is_zero() && (remainder < 0) != (divisor < 0) ? BigInteger(remainder + divisor)
                                                                  : remainder;
}

/// 1 / divisor, as reals have it: of 0 it is infinite.
AnswerValue reciprocal(const BigInteger& divisor) {
  if (divisor.is_zero()) return std::numeric_limits<double>::infinity();
  return divisor > 0 ? rounded_quotient(one(), divisor) : rounded_quotient(BigInteger(-1), -divisor);
}

AnswerValue power(const BigInteger& base, const BigInteger& exponent) {
  constexpr unsigned most_power_bits = 1'000'000;
  const bool odd = bit_test(abs(exponent), 0);
  if (abs(base) <= 1) {
    const BigInteger result = exponent.is_zero() || (base < 0 && !odd) ? one() : base;
    return exponent < 0 ? reciprocal(result) : AnswerValue(result);
  }
  if ((msb(abs(base)) + 1) * abs(exponent) >= most_power_bits) {
    const double result = exponent < 0 ? 0.0 : std::numeric_limits<double>::infinity();
    return base < 0 && odd ? -result : result;
  }
  const BigInteger result = pow(base, abs(exponent).convert_to<unsigned>());
  return exponent < 0 ? reciprocal(result) : AnswerValue(result);
}

/// The result, unless it is to be computed in reals.
std::optional<AnswerValue> operate_on_integers(expr::Operator op, const BigInteger& left,
                                               const BigInteger& right) {
  switch (op) {
    case expr::Operator::add:
      return BigInteger(left + right);
    case expr::Operator::subtract:
      return BigInteger(left - right);
    case expr::Operator::multiply:
      return BigInteger(left * right);
    case expr::Operator::divide:
      if (right.is_zero()) return std::nullopt;
      return right > 0 ? rounded_quotient(left, right) : rounded_quotient(-left, -right);
    case expr::Operator::modulo:
      if (right.is_zero()) return Nothing();
      return floored_modulo(left, right);
    case expr::Operator::power:
      return power(left, right);
    default:
      return std::nullopt;
  }
}

template <typename T>
bool compares(expr::Operator op, const T& left, const T& right) {
  switch (op) {
    case expr::Operator::equal:
      return left == right;
    case expr::Operator::not_equal:
      return left != right;
    case expr::Operator::less:
      return left < right;
    case expr::Operator::less_equal:
      return left <= right;
    case expr::Operator::greater:
      return left > right;
    default:
      return left >= right;
  }
}

/// Precondition: two numbers, two texts or two truth values.
bool compares(expr::Operator op, const AnswerValue& left, const AnswerValue& right) {
  if (const auto* text = std::get_if<std::string>(&left)) {
    return compares(op, *text, std::get<std::string>(right));
  }
  if (const bool* truth = std::get_if<bool>(&left)) return compares(op, *truth, std::get<bool>(right));
  const auto* left_integer = std::get_if<BigInteger>(&left);
  const auto* right_integer = std::get_if<BigInteger>(&right);
  if (left_integer != nullptr && right_integer != nullptr) return compares(op, *left_integer, *right_integer);
  return compares(op, to_real(left), to_real(right));
}

bool is_nothing(const AnswerValue& value) { return std::holds_alternative<Nothing>(value); }

}  // namespace

AnswerValue Formula::evaluate(std::span<const AnswerValue> aggregates) const {
  return std::visit(
      Overloaded{
          [](const AnswerValue& constant) -> AnswerValue { return constant; },
          [&](const Aggregate& aggregate) -> AnswerValue { return aggregates[aggregate.number]; },
          [&](const Negation& negation) -> AnswerValue {
            const AnswerValue value = negation.operand->evaluate(aggregates);
            if (const BigInteger* integer = std::get_if<BigInteger>(&value)) return BigInteger(-*integer);
            if (const double* real = std::get_if<double>(&value)) return -*real;
            return value;
          },
          [&](const Operation& operation) -> AnswerValue {
            const AnswerValue left = operation.left->evaluate(aggregates);
            const AnswerValue right = operation.right->evaluate(aggregates);
            if (std::holds_alternative<Nothing>(left)) return left;
            if (std::holds_alternative<Nothing>(right)) return right;
            const BigInteger* left_integer = std::get_if<BigInteger>(&left);
            const BigInteger* right_integer = std::get_if<BigInteger>(&right);
            if (left_integer != nullptr && right_integer != nullptr) {
              if (auto result = operate_on_integers(operation.op, *left_integer, *right_integer))
                return *result;
            }
            const double arguments[] = {to_real(left), to_real(right)};
            return evaluate_in_reals(*operation.in_reals, arguments);
          },
          [&](const Call& call) -> AnswerValue {
            std::vector<double> arguments;
            for (const Formula& argument : call.arguments) {
              const AnswerValue value = argument.evaluate(aggregates);
              if (std::holds_alternative<Nothing>(value)) return value;
              arguments.push_back(to_real(value));
            }
            return evaluate_in_reals(call.function, arguments);
          },
          [&](const Comparison& comparison) -> AnswerValue {
            AnswerValue left = comparison.left->evaluate(aggregates);
            AnswerValue right = comparison.right->evaluate(aggregates);
            if (is_nothing(left)) return left;
            if (is_nothing(right)) return right;
            return compares(comparison.op, left, right);
          },
          [&](const Logic& logic) -> AnswerValue {
            AnswerValue left = logic.left->evaluate(aggregates);
            if (is_nothing(left)) return left;
            if (logic.op == expr::Operator::logical_not) return !std::get<bool>(left);
            AnswerValue right = logic.right->evaluate(aggregates);
            if (is_nothing(right)) return right;
            return logic.op == expr::Operator::logical_and ? std::get<bool>(left) && std::get<bool>(right)
                                                           : std::get<bool>(left) || std::get<bool>(right);
          },
          [&](const Choice& choice) -> AnswerValue {
            AnswerValue condition = choice.condition->evaluate(aggregates);
            if (is_nothing(condition)) return condition;
            return (std::get<bool>(condition) ? choice.if_true : choice.if_false)->evaluate(aggregates);
          }},
      node_);
}

}  // namespace fanfold::reduce
