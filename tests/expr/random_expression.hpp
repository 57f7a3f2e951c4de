// Random expressions over the columns i, j (integers), x, y (reals), s, t (texts), and rows for them.
#pragma once

#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "table.hpp"

namespace fanfold::expr {

/// The text of a random expression. Drawn within a property, choice by choice, so that it shrinks.
class RandomExpression {
 public:
  static std::string number(int depth) {
    if (depth == 0)
      return pick({"i", "j", "x", "y", "0", "1", "2", "3", "7", "0.5", "1e300", "4611686018427387904"});
    const int inner = depth - 1;
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        return "-" + parenthesised(number(inner));
      case 1:
        return "not " + parenthesised(number(inner));
      case 2:
      case 3:
        return infix({" + ", " - ", " * ", " / ", " % "}, number(inner), number(inner));
      case 4:
        return infix({" < ", " <= ", " > ", " >= ", " == ", " != ", " and ", " or "}, number(inner),
                     number(inner));
      case 5:
        return choice(number(inner), number(inner), number(inner));
      case 6:
        return call(inner);
      default:
        return of_texts(inner);
    }
  }

  static std::string text(int depth) {
    if (depth == 0) return pick({"s", "t", "''", "'a'", "'ab'"});
    return choice(number(depth - 1), text(depth - 1), text(depth - 1));
  }

 private:
  static std::string pick(std::vector<std::string> from) { return *rc::gen::elementOf(std::move(from)); }
  static std::string parenthesised(const std::string& inner) { return "(" + inner + ")"; }
  static std::string infix(std::vector<std::string> operators, const std::string& a, const std::string& b) {
    return parenthesised(a) + pick(std::move(operators)) + parenthesised(b);
  }
  static std::string choice(const std::string& condition, const std::string& a, const std::string& b) {
    return parenthesised(condition) + " ? " + parenthesised(a) + " : " + parenthesised(b);
  }
  static std::string call(int inner) {
    const std::string name = pick({"abs", "sign", "floor", "ceil", "round", "trunc", "sqrt", "int", "real",
                                   "isnan", "isinf", "isfinite", "min", "max", "power"});
    if (name == "min" || name == "max") return name + "(" + number(inner) + ", " + number(inner) + ", j)";
    // The power of integers is exact, that of reals an elementary function.
    if (name == "power") return "(int(" + number(inner) + ")) ^ (int(" + number(inner) + "))";
    return name + "(" + number(inner) + ")";
  }
  static std::string of_texts(int inner) {
    if (*rc::gen::inRange(0, 2) == 0)
      return infix({" < ", " <= ", " > ", " >= ", " == ", " != "}, text(inner), text(inner));
    const std::string name = pick({"length", "contains", "starts_with", "ends_with"});
    return name + "(" + text(inner) + (name == "length" ? "" : ", " + text(inner)) + ")";
  }
};

/// Rows of values at the edges of their types, and of small ones.
inline Table random_table(std::size_t rows, std::uint64_t seed) {
  constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
  constexpr auto greatest = std::numeric_limits<std::int64_t>::max();
  static const std::vector<std::int64_t> integers = {0,
                                                     1,
                                                     -1,
                                                     2,
                                                     3,
                                                     -3,
                                                     5,
                                                     62,
                                                     63,
                                                     64,
                                                     100,
                                                     greatest,
                                                     greatest - 1,
                                                     smallest,
                                                     smallest + 1,
                                                     (std::int64_t{1} << 53) + 1,
                                                     3037000500};
  static const std::vector<double> reals = {0.0,   -0.0,   1.0,    -1.0,     0.5,
                                            -0.5,  1.5,    2.5,    -2.5,     3.25,
                                            1e18,  -1e19,  0x1p63, -0x1p63,  0x1.fffffffffffffp62,
                                            1e308, -1e308, 5e-324, INFINITY, -INFINITY,
                                            NAN};
  static const std::vector<std::string> texts = {"", "a", "b", "ab", "ba", "abc", "A", "a\xC3\xA9", "\xFF"};
  std::mt19937_64 random(seed);
  const auto draw = [&](const auto& from) {
    std::remove_cvref_t<decltype(from)> values;
    for (std::size_t row = 0; row < rows; ++row) values.push_back(from[random() % from.size()]);
    return values;
  };
  Table table;
  table.integers("i", draw(integers)).integers("j", draw(integers));
  table.reals("x", draw(reals)).reals("y", draw(reals));
  table.texts("s", draw(texts)).texts("t", draw(texts));
  return table;
}

}  // namespace fanfold::expr
