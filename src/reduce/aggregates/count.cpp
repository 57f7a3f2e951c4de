// count(): how many tasks; count(condition): for how many of them the condition holds.
#include "reduce/aggregates/kinds.hpp"

#include <algorithm>

namespace fanfold::reduce {
namespace {

class TaskCount {
 public:
  using Input = NoArgument;
  void add(std::span<const TaskIndex> tasks) { count_ += tasks.size(); }
  void merge(const TaskCount& other) { count_ += other.count_; }
  void encode(ByteWriter& out) const { out.varint(count_); }
  static TaskCount decode(ByteReader& in) {
    TaskCount state;
    state.count_ = in.varint();
    return state;
  }
  AnswerValue finish() const { return BigInteger(count_); }

 private:
  std::uint64_t count_ = 0;
};

class ConditionCount {
 public:
  using Input = std::int64_t;
  void add(std::span<const std::int64_t> values, std::span<const TaskIndex>) {
    for (const std::int64_t value : values) count_ += value != 0 ? 1 : 0;
  }
  void merge(const ConditionCount& other) { count_ += other.count_; }
  void encode(ByteWriter& out) const { out.varint(count_); }
  static ConditionCount decode(ByteReader& in) {
    ConditionCount state;
    state.count_ = in.varint();
    return state;
  }
  AnswerValue finish() const { return BigInteger(count_); }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace

const AggregateKind count_kind = {
    .name = "count",
    .usage = "count() or count(condition)",
    .least_arguments = 0,
    .most_arguments = 1,
    .needs = "a condition",
    .takes = takes_conditions,
    .result = [](std::optional<Type>) { return ResultType::integer; },
    .make = [](std::optional<Type> argument, std::span<const Value>) -> std::unique_ptr<States> {
      if (argument) return std::make_unique<StateArray<ConditionCount>>();
      return std::make_unique<StateArray<TaskCount>>();
    }};

}  // namespace fanfold::reduce
