// Expressions, checked and compiled, and their evaluation over columns.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "expr/ast.hpp"

namespace fanfold::expr {

/// The names that an expression can use, each a column or a constant. Slots number the columns 0, 1, 2 … in
/// the order in which they were added.
class Scope {
 public:
  struct Entry {
    std::string name;
    Type type;
    std::optional<Value> constant;  ///< set: not a column, has no slot
    std::size_t slot = 0;
  };

  /// Adds a column and returns its slot. Precondition: the name is new.
  std::size_t add_column(std::string name, Type type);
  void add_constant(std::string name, Value value);

  const Entry* find(std::string_view name) const;
  std::size_t column_count() const { return columns_; }
  /// All entries in the order in which they were added.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::size_t columns_ = 0;
};

/// Memory that evaluation reuses from call to call; one for each thread.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

struct Code;

/// A compiled expression. Immutable: many threads may evaluate it at the same time, each with a Scratch of
/// its own.
class Program {
 public:
  /// Checks names and types and compiles. Throws ExpressionError with the place, what was expected and the
  /// nearest known name ("unknown name 'hist'; did you mean 'hits'?").
  static Program compile(const Ast& ast, const Scope& scope);
  /// The same for a part of a tree: the argument of an aggregate, say. `text` is the text that the offsets
  /// refer to.
  static Program compile(const Node& node, std::string_view text, const Scope& scope);

  Type type() const;

  /// The slots that it reads, sorted.
  const std::vector<std::size_t>& slots() const;

  /// Evaluates rows 0 … rows−1. `columns[slot]` has at least `rows` rows for each slot of `slots()`; other
  /// slots may be empty. Writes the values to `out` (reset to the type and `rows`). A row whose evaluation
  /// fails (integer overflow, integer division by zero) is reported in `failures` (which has `rows` rows)
  /// with a reason that quotes the expression; rows that failed before are skipped in effect. Texts in `out`
  /// may view into `columns` or into this program. The columns are not those of `out`.
  void evaluate(std::span<const ConstColumn> columns, std::size_t rows, ColumnBuffer& out,
                RowFailures& failures, Scratch& scratch) const;

  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

 private:
  explicit Program(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code_;
};

/// Evaluates an expression of constants only (axis bounds, [run] keys). Throws ExpressionError.
Value evaluate_constant(const Ast& ast, const Scope& constants);

}  // namespace fanfold::expr
