// Rows to evaluate expressions over: table().integers("i", {1, 2}).evaluate("i + 1").
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "expr/program.hpp"

namespace fanfold::expr {

struct Failed {
  std::string reason;
  bool operator==(const Failed&) const = default;
};

/// What an expression gives for one row: a value, or why there is none.
using Cell = std::variant<Value, Failed>;

inline std::ostream& operator<<(std::ostream& out, const Cell& cell) {
  if (const auto* failed = std::get_if<Failed>(&cell)) return out << "failed: " << failed->reason;
  const Value& value = std::get<Value>(cell);
  out << name_of(type_of(value)) << " ";
  if (const auto* real = std::get_if<double>(&value))
    out << std::hexfloat << *real << std::defaultfloat << " = ";
  std::visit([&](const auto& v) { out << v; }, value);
  return out;
}

/// The same type and bits; all NaN are the same.
inline bool same(const Value& a, const Value& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x == nullptr || y == nullptr) return a == b;
  return (std::isnan(*x) && std::isnan(*y)) ||
         std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*y);
}
inline bool same(const Cell& a, const Cell& b) {
  const auto* x = std::get_if<Value>(&a);
  const auto* y = std::get_if<Value>(&b);
  return x != nullptr && y != nullptr ? same(*x, *y) : a == b;
}

class Table {
 public:
  Table& integers(std::string name, std::vector<std::int64_t> values) {
    return add(std::move(name), values_->integers.emplace_back(std::move(values)), Type::integer);
  }
  Table& reals(std::string name, std::vector<double> values) {
    return add(std::move(name), values_->reals.emplace_back(std::move(values)), Type::real);
  }
  Table& texts(std::string name, std::vector<std::string> values) {
    const auto& owned = values_->texts.emplace_back(std::move(values));
    return add(std::move(name), values_->views.emplace_back(owned.begin(), owned.end()), Type::text);
  }
  Table& constant(std::string name, Value value) {
    scope_.add_constant(std::move(name), std::move(value));
    return *this;
  }

  const Scope& scope() const { return scope_; }
  std::size_t rows() const { return rows_; }
  std::span<const ConstColumn> columns() const { return columns_; }

  /// The value of each row. Throws ExpressionError.
  std::vector<Cell> evaluate(std::string_view text) const { return evaluate(parse(text)); }
  std::vector<Cell> evaluate(const Ast& ast) const {
    Scratch scratch;
    ColumnBuffer out;
    RowFailures failures;
    failures.reset(rows_);
    const Program program = Program::compile(ast, scope_);
    program.evaluate(columns_, rows_, out, failures, scratch);
    EXPECT_EQ(out.type(), program.type());
    EXPECT_EQ(out.size(), rows_);
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < rows_; ++row) cells.emplace_back(out.view().value(row));
    for (const auto& failure : failures.failures()) cells[failure.row] = Failed{failure.reason};
    return cells;
  }

 private:
  template <typename T>
  Table& add(std::string name, const std::vector<T>& values, Type type) {
    scope_.add_column(std::move(name), type);
    rows_ = values.size();
    columns_.emplace_back(std::span<const T>(values));
    return *this;
  }

  struct Values {
    std::deque<std::vector<std::int64_t>> integers;
    std::deque<std::vector<double>> reals;
    std::deque<std::vector<std::string>> texts;
    std::deque<std::vector<std::string_view>> views;
  };

  Scope scope_;
  std::size_t rows_ = 1;
  std::shared_ptr<Values> values_ =
      std::make_shared<Values>();  ///< shared by copies, whose columns view into it
  std::vector<ConstColumn> columns_;
};

}  // namespace fanfold::expr
