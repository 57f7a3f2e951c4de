// sum(x): of integers an integer of any size; of reals exact and rounded once.
#include "reduce/aggregates/kinds.hpp"
#include "reduce/integer_sum.hpp"

namespace fanfold::reduce {
namespace {

class SumOfIntegers {
 public:
  using Input = std::int64_t;
  void add(std::span<const std::int64_t> values, std::span<const TaskIndex>) { sum_.add(values); }
  void merge(const SumOfIntegers& other) { sum_.merge(other.sum_); }
  void encode(ByteWriter& out) const { sum_.encode(out); }
  static SumOfIntegers decode(ByteReader& in) {
    SumOfIntegers state;
    state.sum_ = IntegerSum::decode(in);
    return state;
  }
  AnswerValue finish() const { return sum_.value(); }

 private:
  IntegerSum sum_;
};

class SumOfReals {
 public:
  using Input = double;
  void add(std::span<const double> values, std::span<const TaskIndex>) { sum_.add(values); }
  void merge(const SumOfReals& other) { sum_.merge(other.sum_); }
  void encode(ByteWriter& out) const { sum_.encode(out); }
  static SumOfReals decode(ByteReader& in) {
    SumOfReals state;
    state.sum_ = ExactSum::decode(in);
    return state;
  }
  AnswerValue finish() const { return sum_.rounded(); }
  std::size_t heap_bytes() const { return sum_.heap_bytes(); }

 private:
  ExactSum sum_;
};

}  // namespace

const AggregateKind sum_kind = {
    .name = "sum",
    .usage = "sum(x)",
    .least_arguments = 1,
    .most_arguments = 1,
    .needs = "a number",
    .takes = takes_numbers,
    .result = same_type,
    .make = [](std::optional<Type> argument, std::span<const Value>) -> std::unique_ptr<States> {
      if (argument == Type::integer) return std::make_unique<StateArray<SumOfIntegers>>();
      return std::make_unique<StateArray<SumOfReals>>();
    }};

}  // namespace fanfold::reduce
