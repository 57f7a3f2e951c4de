// first(x): the value of the task with the lowest index among those that succeeded. Of no task: Nothing.
#include <string>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/task_value.hpp"

namespace fanfold::reduce {
namespace {

template <typename Kept, typename Given>
class First {
 public:
  using Input = Given;

  void add(std::span<const Given> values, std::span<const TaskIndex> tasks) {
    for (std::size_t i = 0; i < values.size(); ++i) consider(values[i], tasks[i]);
  }
  void merge(const First& other) {
    if (other.any_) consider(other.value_, other.task_);
  }
  void encode(ByteWriter& out) const {
    out.u8(any_ ? 1 : 0);
    if (!any_) return;
    out.varint(task_.value());
    encode_value(out, value_);
  }
  static First decode(ByteReader& in) {
    First state;
    const std::uint8_t any = in.u8();
    if (any > 1) throw DecodeError("a first value has unknown flags");
    if (any == 0) return state;
    state.any_ = true;
    state.task_ = TaskIndex(in.varint());
    decode_value(in, state.value_);
    return state;
  }
  AnswerValue finish() const {
    if (!any_) return Nothing();
    if constexpr (std::same_as<Kept, std::int64_t>) {
      return BigInteger(value_);
    } else {
      return value_;
    }
  }
  std::size_t heap_bytes() const {
    if constexpr (std::same_as<Kept, std::string>) return value_.capacity();
    return 0;
  }

 private:
  /// A task has one value; if it had two, the lower would be chosen, so that order does not matter even then.
  void consider(Given value, TaskIndex task) {
    if (any_ && task > task_) return;
    if (any_ && task == task_ && !value_before(value, value_)) return;
    any_ = true;
    value_ = kept(value);
    task_ = task;
  }

  bool any_ = false;
  TaskIndex task_;
  Kept value_{};
};

std::unique_ptr<States> make_first_states(std::optional<Type> argument, std::span<const Value>) {
  switch (argument.value_or(Type::real)) {
    case Type::integer:
      return std::make_unique<StateArray<First<std::int64_t, std::int64_t>>>();
    case Type::real:
      return std::make_unique<StateArray<First<double, double>>>();
    case Type::text:
      return std::make_unique<StateArray<First<std::string, std::string_view>>>();
  }
  return nullptr;
}

}  // namespace

const AggregateKind first_kind = {"first",   "first(x)",     1,         1,
                                  "a value", takes_anything, same_type, make_first_states};

}  // namespace fanfold::reduce
