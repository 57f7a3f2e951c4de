#include "reference.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

namespace fanfold::expr {
namespace {

__extension__ typedef __int128 Wide;

bool is_comparison(Operator op) { return op >= Operator::equal && op <= Operator::greater_equal; }

bool is_exact(std::string_view name) {
  for (const char* exact : {"abs", "sign", "min", "max", "floor", "ceil", "round", "trunc"}) {
    if (name == exact) return true;
  }
  return false;
}

double as_real(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

bool is_true(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? *integer != 0 : std::get<double>(value) != 0;
}

Value truth(bool value) { return std::int64_t{value ? 1 : 0}; }

std::optional<std::int64_t> narrow(Wide value) {
  if (value < std::numeric_limits<std::int64_t>::min() || value > std::numeric_limits<std::int64_t>::max())
    return {};
  return static_cast<std::int64_t>(value);
}

/// By repeated multiplication; the magnitude of what is multiplied further fits 64 bits.
std::optional<std::int64_t> power(std::int64_t base, std::int64_t exponent) {
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  Wide result = 1;
  for (std::int64_t i = 0; i < exponent; ++i) {
    result *= base;
    if (!narrow(result)) return {};
  }
  return narrow(result);
}

double smaller(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double sign(double a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : a; }

double python_modulo(double a, double b) {
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (b < 0) != (remainder < 0)) remainder += b;
  return remainder == 0 ? std::copysign(0.0, b) : remainder;
}

class Evaluation {
 public:
  Evaluation(std::string_view text, const Row& row) : text_(text), row_(row) {}

  Value value(const Node& node) const {
    const Value result = any_type(node);
    const bool widened = reference_type(node, row_) == Type::real && type_of(result) == Type::integer;
    return widened ? Value(as_real(result)) : result;
  }

 private:
  Value any_type(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::literal:
        return node.literal;
      case Node::Kind::name:
        return row_.find(node.name)->second;
      case Node::Kind::call:
        return call(node);
      case Node::Kind::unary:
        return unary(node);
      case Node::Kind::binary:
        return binary(node);
      case Node::Kind::conditional:
        return value(*node.children[is_true(value(*node.children[0])) ? 1 : 2]);
    }
    return {};
  }

  Value unary(const Node& node) const {
    const Value a = value(*node.children[0]);
    if (node.op == Operator::logical_not) return truth(!is_true(a));
    if (type_of(a) == Type::real) return -std::get<double>(a);
    return exact(-Wide{std::get<std::int64_t>(a)}, node);
  }

  Value binary(const Node& node) const {
    const Value a = value(*node.children[0]);
    if (node.op == Operator::logical_and) return truth(is_true(a) && is_true(value(*node.children[1])));
    if (node.op == Operator::logical_or) return truth(is_true(a) || is_true(value(*node.children[1])));
    const Value b = value(*node.children[1]);
    if (type_of(a) == Type::text) return compare(std::get<std::string>(a), std::get<std::string>(b), node.op);
    if (type_of(a) == Type::integer && type_of(b) == Type::integer && node.op != Operator::divide) {
      return integers(std::get<std::int64_t>(a), std::get<std::int64_t>(b), node);
    }
    return reals(as_real(a), as_real(b), node.op);
  }

  template <typename T>
  static Value compare(const T& a, const T& b, Operator op) {
    switch (op) {
      case Operator::equal:
        return truth(a == b);
      case Operator::not_equal:
        return truth(a != b);
      case Operator::less:
        return truth(a < b);
      case Operator::less_equal:
        return truth(a <= b);
      case Operator::greater:
        return truth(a > b);
      default:
        return truth(a >= b);
    }
  }

  Value integers(std::int64_t a, std::int64_t b, const Node& node) const {
    switch (node.op) {
      case Operator::add:
        return exact(Wide{a} + b, node);
      case Operator::subtract:
        return exact(Wide{a} - b, node);
      case Operator::multiply:
        return exact(Wide{a} * b, node);
      case Operator::modulo: {
        if (b == 0) fail("division by zero in ", node);
        const Wide remainder = Wide{a} % b;
        return exact(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder, node);
      }
      case Operator::power: {
        if (b < 0) fail("negative exponent of an integer in ", node, "; write a real base, as in 2.0 ^ i");
        const std::optional<std::int64_t> result = power(a, b);
        if (!result) fail("integer overflow in ", node);
        return *result;
      }
      default:
        return compare(a, b, node.op);
    }
  }

  static Value reals(double a, double b, Operator op) {
    switch (op) {
      case Operator::add:
        return a + b;
      case Operator::subtract:
        return a - b;
      case Operator::multiply:
        return a * b;
      case Operator::divide:
        return a / b;
      case Operator::modulo:
        return python_modulo(a, b);
      default:
        return compare(a, b, op);
    }
  }

  Value call(const Node& node) const {
    std::vector<Value> arguments;
    for (const auto& child : node.children) arguments.push_back(value(*child));
    if (type_of(arguments[0]) == Type::text) return of_text(node.name, arguments);
    if (is_exact(node.name)) return of_exact(node, arguments);
    const double x = as_real(arguments[0]);
    if (node.name == "real") return x;
    if (node.name == "sqrt") return std::sqrt(x);
    if (node.name == "isnan") return truth(std::isnan(x));
    if (node.name == "isinf") return truth(std::isinf(x));
    if (node.name == "isfinite") return truth(std::isfinite(x));
    if (node.name == "int") {
      if (type_of(arguments[0]) == Type::integer) return arguments[0];
      if (!(std::trunc(x) >= -0x1p63 && std::trunc(x) <= 0x1.fffffffffffffp62)) {
        fail("no integer in ", node, ": NaN or beyond 64 bits");
      }
      return static_cast<std::int64_t>(x);
    }
    throw std::logic_error(node.name + " is not in the reference");
  }

  static Value of_text(const std::string& name, const std::vector<Value>& arguments) {
    const auto& s = std::get<std::string>(arguments[0]);
    if (name == "length") {
      std::int64_t characters = 0;
      for (const unsigned char c : s) characters += c < 0x80 || c >= 0xC0 ? 1 : 0;
      return characters;
    }
    const auto& t = std::get<std::string>(arguments[1]);
    if (name == "contains") return truth(s.find(t) != std::string::npos);
    if (name == "starts_with") return truth(s.substr(0, t.size()) == t);
    return truth(s.size() >= t.size() && s.substr(s.size() - t.size()) == t);
  }

  Value of_exact(const Node& node, const std::vector<Value>& arguments) const {
    Value result = arguments[0];
    if (arguments.size() == 1) {
      if (const auto* i = std::get_if<std::int64_t>(&result)) {
        if (node.name == "abs") return exact(*i < 0 ? -Wide{*i} : Wide{*i}, node);
        return node.name == "sign" ? std::int64_t{(*i > 0) - (*i < 0)} : *i;
      }
      const double x = std::get<double>(result);
      if (node.name == "abs") return std::abs(x);
      if (node.name == "sign") return sign(x);
      if (node.name == "floor") return std::floor(x);
      if (node.name == "ceil") return std::ceil(x);
      return node.name == "trunc" ? std::trunc(x) : std::nearbyint(x);
    }
    const bool all_integers = reference_type(node, row_) == Type::integer;
    for (const Value& next : arguments) {
      if (all_integers) {
        const std::int64_t a = std::get<std::int64_t>(result);
        const std::int64_t b = std::get<std::int64_t>(next);
        result = node.name == "min" ? std::min(a, b) : std::max(a, b);
      } else {
        const double a = as_real(result);
        const double b = as_real(next);
        result = node.name == "min" ? smaller(a, b) : -smaller(-a, -b);
      }
    }
    return result;
  }

  Value exact(Wide value, const Node& node) const {
    const std::optional<std::int64_t> result = narrow(value);
    if (!result) fail("integer overflow in ", node);
    return *result;
  }

  [[noreturn]] void fail(std::string_view what, const Node& node, std::string_view more = "") const {
    std::string quoted(text_.substr(node.offset, node.length));
    if (quoted.size() > 80) quoted = quoted.substr(0, 80) + "…";  // the texts of the tests are ASCII
    throw Failed{fmt::format("{}'{}'{}", what, quoted, more)};
  }

  std::string_view text_;
  const Row& row_;
};

}  // namespace

Type reference_type(const Node& node, const Row& row) {
  const auto child = [&](std::size_t i) { return reference_type(*node.children[i], row); };
  const auto common = [](Type a, Type b) { return a == b ? a : Type::real; };
  switch (node.kind) {
    case Node::Kind::literal:
      return type_of(node.literal);
    case Node::Kind::name:
      return type_of(row.find(node.name)->second);
    case Node::Kind::unary:
      return node.op == Operator::logical_not ? Type::integer : child(0);
    case Node::Kind::conditional:
      return common(child(1), child(2));
    case Node::Kind::binary:
      if (node.op == Operator::divide) return Type::real;
      if (is_comparison(node.op) || node.op == Operator::logical_and || node.op == Operator::logical_or) {
        return Type::integer;
      }
      return common(child(0), child(1));
    case Node::Kind::call: {
      if (node.name == "real" || node.name == "sqrt") return Type::real;
      if (!is_exact(node.name)) return Type::integer;
      Type type = child(0);
      for (std::size_t i = 1; i < node.children.size(); ++i) type = common(type, child(i));
      return type;
    }
  }
  return Type::integer;
}

Cell reference_value(const Node& node, std::string_view text, const Row& row) {
  try {
    return Evaluation(text, row).value(node);
  } catch (const Failed& failed) {
    return failed;
  }
}

}  // namespace fanfold::expr
