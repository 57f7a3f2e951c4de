// A Plan from inside: what its entries were compiled to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "expr/program.hpp"
#include "reduce/aggregate.hpp"
#include "reduce/formula.hpp"
#include "reduce/reduction.hpp"

namespace fanfold::reduce {

/// Which tasks an entry sees.
enum class Population : std::uint8_t { succeeded, all };

/// A column as it is, or how each task ended.
struct ColumnSource {
  std::size_t slot = 0;
  bool is_status = false;
  bool operator==(const ColumnSource&) const = default;
};

/// What aggregates are applied to: an expression, evaluated once for all aggregates that share it.
struct Argument {
  Population population;
  std::string text;
  Type type;
  std::variant<ColumnSource, expr::Program> source;  ///< a bare name needs no program
};

/// The states of an aggregate of an argument.
struct BoundAggregate {
  const AggregateKind* kind;
  std::optional<std::size_t> argument;  ///< in Plan::Impl::arguments
  std::optional<Type> type;             ///< of the argument
  std::vector<Value> options;           ///< that the states depend on

  bool operator==(const BoundAggregate& other) const {
    return kind->make == other.kind->make && argument == other.argument && type == other.type &&
           options == other.options;
  }
};

/// What a formula computes with: the answer of some states.
struct Operand {
  std::size_t aggregate;       ///< of the grouping
  std::vector<Value> options;  ///< of how it is read
  bool operator==(const Operand&) const = default;
};

/// A name after `by`.
struct Key {
  std::string name;
  Type type;
  std::variant<ColumnSource, Value> source;  ///< a column or a constant
  bool operator==(const Key&) const = default;
};

/// The aggregates that see the same tasks and have the same keys: they share one table of groups.
struct Grouping {
  Population population;
  std::vector<Key> keys;
  std::vector<BoundAggregate> aggregates;
};

/// An entry of [reduce].
struct Entry {
  std::string name;
  std::size_t grouping;
  std::vector<Operand> operands;  ///< the formula numbers them in this order
  Formula formula;
};

struct Plan::Impl {
  std::vector<Argument> arguments;
  std::vector<Grouping> groupings;
  std::vector<Entry> entries;
  std::vector<std::size_t> slots;
  bool sees_failures = false;
  /// What programs that see failed tasks read `status` from: the slot after the scope's.
  std::size_t status_slot = 0;
  std::size_t param_slots = 0;  ///< the first slots of the scope
};

}  // namespace fanfold::reduce
