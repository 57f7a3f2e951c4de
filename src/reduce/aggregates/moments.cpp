// mean(x); var(x), std(x) and sem(x) of a sample: with n - 1. All are rounded once from an exact rational
// number, so that a mean far above the spread does no harm: with n values, S their sum and Q the sum of their
// squares,
//   mean = S / n, var = (n Q - S^2) / (n (n - 1)), std = sqrt(var), sem = sqrt(var / n).
// The mean of nothing, and the others of fewer than two tasks, are Nothing. A NaN makes all of them NaN; an
// infinity makes the mean infinite and the others NaN.
#include <algorithm>
#include <concepts>
#include <limits>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/integer_sum.hpp"

namespace fanfold::reduce {
namespace {

enum class Statistic { variance, standard_deviation, standard_error };

/// (count * squares - sum^2) is that many times count^2 times the mean squared deviation: the numerator of
/// var.
AnswerValue spread(Statistic statistic, std::uint64_t count, const BigInteger& numerator,
                   const BigInteger& unit) {
  const BigInteger n(count);
  const BigInteger degrees(count - 1);
  switch (statistic) {
    case Statistic::variance:
      return rounded_quotient(numerator, n * degrees * unit);
    case Statistic::standard_deviation:
      return rounded_square_root(numerator, n * degrees * unit);
    case Statistic::standard_error:
      return rounded_square_root(numerator, n * n * degrees * unit);
  }
  return Nothing();
}

/// Sums of integers.
struct IntegerMoments {
  using Input = std::int64_t;
  IntegerSum sum;
  IntegerSquareSum squares;

  void add(std::span<const std::int64_t> values) { sum.add(values); }
  void add_squares(std::span<const std::int64_t> values) { squares.add(values); }
  AnswerValue mean(std::uint64_t count) const { return rounded_quotient(sum.value(), BigInteger(count)); }
  AnswerValue spread_of(Statistic statistic, std::uint64_t count) const {
    const BigInteger total = sum.value();
    return spread(statistic, count, BigInteger(count) * squares.value() - total * total, 1);
  }
  std::size_t heap_bytes() const { return 0; }
};

/// Sums of reals, in units of 2^-1074.
struct RealMoments {
  using Input = double;
  ExactSum sum;
  ExactSum squares;

  void add(std::span<const double> values) { sum.add(values); }
  void add_squares(std::span<const double> values) { squares.add_squares(values); }
  AnswerValue mean(std::uint64_t count) const {
    if (sum.has_special()) return sum.special();
    return rounded_quotient(sum.scaled(), BigInteger(count) << 1074);
  }
  AnswerValue spread_of(Statistic statistic, std::uint64_t count) const {
    if (sum.has_special()) return std::numeric_limits<double>::quiet_NaN();
    const BigInteger total = sum.scaled();
    const BigInteger numerator = ((BigInteger(count) * squares.scaled()) << 1074) - total * total;
    // Only squares that underflow can make it negative.
    return spread(statistic, count, std::max(numerator, BigInteger(0)), BigInteger(1) << 2148);
  }
  std::size_t heap_bytes() const { return sum.heap_bytes() + squares.heap_bytes(); }
};

template <typename Moments>
class Mean {
 public:
  using Input = typename Moments::Input;
  void add(std::span<const Input> values, std::span<const TaskIndex>) {
    count_ += values.size();
    moments_.add(values);
  }
  void merge(const Mean& other) {
    count_ += other.count_;
    moments_.sum.merge(other.moments_.sum);
  }
  void encode(ByteWriter& out) const {
    out.varint(count_);
    moments_.sum.encode(out);
  }
  static Mean decode(ByteReader& in) {
    Mean state;
    state.count_ = in.varint();
    state.moments_.sum = decltype(state.moments_.sum)::decode(in);
    return state;
  }
  AnswerValue finish() const { return count_ == 0 ? AnswerValue(Nothing()) : moments_.mean(count_); }
  std::size_t heap_bytes() const { return moments_.heap_bytes(); }

 private:
  std::uint64_t count_ = 0;
  Moments moments_;
};

template <typename Moments, Statistic statistic>
class Spread {
 public:
  using Input = typename Moments::Input;
  void add(std::span<const Input> values, std::span<const TaskIndex>) {
    count_ += values.size();
    moments_.add(values);
    moments_.add_squares(values);
  }
  void merge(const Spread& other) {
    count_ += other.count_;
    moments_.sum.merge(other.moments_.sum);
    moments_.squares.merge(other.moments_.squares);
  }
  void encode(ByteWriter& out) const {
    out.varint(count_);
    moments_.sum.encode(out);
    moments_.squares.encode(out);
  }
  static Spread decode(ByteReader& in) {
    Spread state;
    state.count_ = in.varint();
    state.moments_.sum = decltype(state.moments_.sum)::decode(in);
    state.moments_.squares = decltype(state.moments_.squares)::decode(in);
    return state;
  }
  AnswerValue finish() const {
    return count_ < 2 ? AnswerValue(Nothing()) : moments_.spread_of(statistic, count_);
  }
  std::size_t heap_bytes() const { return moments_.heap_bytes(); }

 private:
  std::uint64_t count_ = 0;
  Moments moments_;
};

template <template <typename> typename State>
std::unique_ptr<States> make_moment_states(std::optional<Type> argument, std::span<const Value>) {
  if (argument == Type::integer) return std::make_unique<StateArray<State<IntegerMoments>>>();
  return std::make_unique<StateArray<State<RealMoments>>>();
}

template <typename Moments>
using Variance = Spread<Moments, Statistic::variance>;
template <typename Moments>
using StandardDeviation = Spread<Moments, Statistic::standard_deviation>;
template <typename Moments>
using StandardError = Spread<Moments, Statistic::standard_error>;

}  // namespace

const AggregateKind mean_kind = {"mean",     "mean(x)",     1,           1,
                                 "a number", takes_numbers, real_result, make_moment_states<Mean>};
const AggregateKind var_kind = {"var",      "var(x)",      1,           1,
                                "a number", takes_numbers, real_result, make_moment_states<Variance>};
const AggregateKind std_kind = {
    "std", "std(x)", 1, 1, "a number", takes_numbers, real_result, make_moment_states<StandardDeviation>};
const AggregateKind sem_kind = {"sem",      "sem(x)",      1,           1,
                                "a number", takes_numbers, real_result, make_moment_states<StandardError>};

}  // namespace fanfold::reduce
