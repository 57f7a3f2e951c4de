// What an aggregate is. One more is one file in aggregates/ and one line in aggregates/registry.cpp.
#pragma once

#include <fanfold/column.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"
#include "reduce/answer.hpp"
#include "reduce/reduction.hpp"

namespace fanfold::reduce {

/// Consecutive rows of a batch that belong to one group.
struct Run {
  std::uint32_t group;
  std::uint32_t first;
  std::uint32_t count;
};

/// The states of one aggregate: one for each group, numbered 0, 1, 2 … Each is an exact commutative monoid
/// whose identity is the state of a new group. One thread at a time.
class States {
 public:
  virtual ~States() = default;
  /// Makes room for this many groups; new ones have the identity.
  virtual void resize(std::size_t groups) = 0;
  /// Adds the rows of each run to its group. `argument` has the rows of the whole batch, and no value if the
  /// aggregate takes no argument.
  virtual void add(std::span<const Run> runs, const ConstColumn& argument,
                   std::span<const TaskIndex> tasks) = 0;
  /// Merges a state of `other`, which is of the same aggregate and argument type.
  virtual void merge(std::size_t group, const States& other, std::size_t other_group) = 0;
  /// Equal states give equal bytes.
  virtual void encode(std::size_t group, ByteWriter& out) const = 0;
  /// Replaces a state. Throws DecodeError.
  virtual void decode(std::size_t group, ByteReader& in) = 0;
  /// `options` are those of the aggregate that asks.
  virtual AnswerValue finish(std::size_t group, std::span<const Value> options) const = 0;
  /// How many NaN were left out.
  virtual std::uint64_t skipped(std::size_t group) const = 0;
  /// By how much, relative to it, an answer may be off; 0 if it is exact.
  virtual double relative_error(std::size_t) const { return 0; }
  /// Bytes, about.
  virtual std::size_t memory() const = 0;
};

/// What an aggregate gives, when it gives anything (it may give Nothing).
enum class ResultType : std::uint8_t { integer, real, text, truth, task, list };

/// An argument that is the same for all tasks: a constant of the job.
struct OptionKind {
  std::string_view name;              ///< as `usage` calls it
  std::string_view needs;             ///< "an integer from 1 to 10,000"
  bool (*takes)(const Value& value);  ///< whether it is that
};

/// An aggregate that [reduce] knows by name. What it takes are options and one argument, an expression that
/// is evaluated for each task.
struct AggregateKind {
  std::string_view name;
  std::string_view usage;  ///< for error messages: "sum(x)"
  std::size_t least_arguments;
  std::size_t most_arguments;
  std::string_view needs;        ///< what its argument has to be: "a number"
  bool (*takes)(Type argument);  ///< whether the argument is that
  ResultType (*result)(std::optional<Type> argument);
  std::unique_ptr<States> (*make)(std::optional<Type> argument, std::span<const Value> options);

  std::size_t argument_place = 0;  ///< where the argument stands among what is between the parentheses
  std::span<const OptionKind> options = {};  ///< what else stands there, in order
  /// What is wrong with options that are each what they have to be; empty if nothing is.
  std::string (*check_options)(std::span<const Value> options) = nullptr;
  /// The options say only how the answer is read from the state, so that aggregates which differ in them
  /// share their states.
  bool options_only_read = false;
};

/// Null if there is no such aggregate.
const AggregateKind* find_aggregate(std::string_view name);
/// All aggregates, sorted by name.
std::span<const AggregateKind* const> aggregate_kinds();

/// The Input of states that take no argument.
struct NoArgument {};

/// Makes States of a class for the state of one group, which has
///     using Input = std::int64_t, double, std::string_view or NoArgument;
///     void add(std::span<const Input> values, std::span<const TaskIndex> tasks);  // or without `values`
///     void merge(const State& other);
///     void encode(ByteWriter& out) const;
///     static State decode(ByteReader& in);
///     AnswerValue finish() const;        // or with the options of the aggregate that asks
///     std::uint64_t skipped() const;     // optional
///     double relative_error() const;     // optional
///     std::size_t heap_bytes() const;    // optional
///     void fit(std::span<State> all);    // optional: of `identity`, when the number of groups has changed
/// A state that depends on options gets them from `identity`, and `decode` is then a const member of that.
template <typename State>
class StateArray final : public States {
 public:
  explicit StateArray(State identity = State()) : identity_(std::move(identity)) {}

  void resize(std::size_t groups) override {
    states_.resize(groups, identity_);
    if constexpr (requires(State & state) { state.fit(std::span<State>()); })
      identity_.fit(std::span(states_));
  }

  void add(std::span<const Run> runs, const ConstColumn& argument,
           std::span<const TaskIndex> tasks) override {
    if constexpr (std::same_as<typename State::Input, NoArgument>) {
      for (const Run& run : runs) states_[run.group].add(tasks.subspan(run.first, run.count));
    } else {
      const auto values = values_of(argument);
      for (const Run& run : runs) {
        states_[run.group].add(values.subspan(run.first, run.count), tasks.subspan(run.first, run.count));
      }
    }
  }

  void merge(std::size_t group, const States& other, std::size_t other_group) override {
    states_[group].merge(static_cast<const StateArray&>(other).states_[other_group]);
  }
  void encode(std::size_t group, ByteWriter& out) const override { states_[group].encode(out); }
  void decode(std::size_t group, ByteReader& in) override { states_[group] = identity_.decode(in); }
  AnswerValue finish(std::size_t group, [[maybe_unused]] std::span<const Value> options) const override {
    if constexpr (requires(const State& state) { state.finish(options); }) {
      return states_[group].finish(options);
    } else {
      return states_[group].finish();
    }
  }

  std::uint64_t skipped(std::size_t group) const override {
    if constexpr (requires(const State& state) { state.skipped(); }) {
      return states_[group].skipped();
    } else {
      return 0;
    }
  }

  double relative_error(std::size_t group) const override {
    if constexpr (requires(const State& state) { state.relative_error(); }) {
      return states_[group].relative_error();
    } else {
      return 0;
    }
  }

  std::size_t memory() const override {
    std::size_t bytes = states_.capacity() * sizeof(State);
    if constexpr (requires(const State& state) { state.heap_bytes(); }) {
      for (const State& state : states_) bytes += state.heap_bytes();
    }
    return bytes;
  }

 private:
  static auto values_of(const ConstColumn& argument) {
    using Input = typename State::Input;
    if constexpr (std::same_as<Input, std::int64_t>) {
      return argument.integers();
    } else if constexpr (std::same_as<Input, double>) {
      return argument.reals();
    } else {
      return argument.texts();
    }
  }

  State identity_;
  std::vector<State> states_;
};

inline bool takes_numbers(Type argument) { return argument != Type::text; }
inline bool takes_conditions(Type argument) { return argument == Type::integer; }
inline bool takes_anything(Type) { return true; }

inline ResultType real_result(std::optional<Type>) { return ResultType::real; }

/// The result that has the type of the argument.
inline ResultType same_type(std::optional<Type> argument) {
  switch (argument.value_or(Type::real)) {
    case Type::integer:
      return ResultType::integer;
    case Type::real:
      return ResultType::real;
    case Type::text:
      return ResultType::text;
  }
  return ResultType::real;
}

}  // namespace fanfold::reduce
