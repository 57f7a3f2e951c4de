// any(condition), all(condition): whether it holds for some task, for each task. Of no task: false, true.
#include <algorithm>

#include "reduce/aggregates/kinds.hpp"

namespace fanfold::reduce {
namespace {

/// Whether some value is true (or, for all(): false, which it is not to be).
template <bool wanted>
class Found {
 public:
  using Input = std::int64_t;
  void add(std::span<const std::int64_t> values, std::span<const TaskIndex>) {
    found_ = found_ || std::any_of(values.begin(), values.end(),
                                   [](std::int64_t value) { return (value != 0) == wanted; });
  }
  void merge(const Found& other) { found_ = found_ || other.found_; }
  void encode(ByteWriter& out) const { out.u8(found_ ? 1 : 0); }
  static Found decode(ByteReader& in) {
    const std::uint8_t found = in.u8();
    if (found > 1) throw DecodeError("a truth value is neither 0 nor 1");
    Found state;
    state.found_ = found == 1;
    return state;
  }
  AnswerValue finish() const { return found_ == wanted; }

 private:
  bool found_ = false;
};

template <bool wanted>
std::unique_ptr<States> make_condition_states(std::optional<Type>, std::span<const Value>) {
  return std::make_unique<StateArray<Found<wanted>>>();
}

ResultType truth_result(std::optional<Type>) { return ResultType::truth; }

}  // namespace

const AggregateKind any_kind = {
    "any",        "any(condition)",           1, 1, "a condition", takes_conditions,
    truth_result, make_condition_states<true>};
const AggregateKind all_kind = {"all",
                                "all(condition)",
                                1,
                                1,
                                "a condition",
                                takes_conditions,
                                truth_result,
                                make_condition_states<false>};

}  // namespace fanfold::reduce
