// min(x), max(x): a value; argmin(x), argmax(x): the task that has it, of several the one with the lowest
// index. Numbers and texts (by bytes). NaN is left out and counted; -0 < +0. Of nothing: Nothing.
#include <algorithm>
#include <limits>
#include <string>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/rank.hpp"

namespace fanfold::reduce {
namespace {

enum class Asked { value, task };

constexpr std::int64_t last_rank = std::numeric_limits<std::int64_t>::max();

template <typename Number, Side side, Asked asked>
class NumberExtreme {
 public:
  using Input = Number;

  void add(std::span<const Number> values, std::span<const TaskIndex> tasks) {
    std::int64_t lowest = last_rank;  // no real but a NaN has this rank
    std::uint64_t skipped = 0;
    for (const Number value : values) {
      const bool is_nan = value != value;  // NOLINT(misc-redundant-expression): so it is for integers
      lowest = std::min(lowest, is_nan ? last_rank : rank_of<Number, side>(value));
      skipped += is_nan ? 1 : 0;
    }
    skipped_ += skipped;
    if (skipped == values.size()) return;
    if (asked == Asked::task && (count_ == 0 || lowest <= rank_)) {
      const bool replaces = count_ == 0 || lowest < rank_;
      task_ = std::min(replaces ? TaskIndex(std::numeric_limits<std::uint64_t>::max()) : task_,
                       first_task(values, tasks, lowest));
    }
    rank_ = count_ == 0 ? lowest : std::min(rank_, lowest);
    count_ += values.size() - skipped;
  }

  void merge(const NumberExtreme& other) {
    skipped_ += other.skipped_;
    if (other.count_ == 0) return;
    if (count_ == 0 || other.rank_ < rank_) {
      rank_ = other.rank_;
      task_ = other.task_;
    } else if (other.rank_ == rank_) {
      task_ = std::min(task_, other.task_);
    }
    count_ += other.count_;
  }

  void encode(ByteWriter& out) const {
    out.varint(skipped_);
    out.varint(count_);
    if (count_ == 0) return;
    out.u64(static_cast<std::uint64_t>(rank_));
    if (asked == Asked::task) out.varint(task_.value());
  }
  static NumberExtreme decode(ByteReader& in) {
    NumberExtreme state;
    state.skipped_ = in.varint();
    state.count_ = in.varint();
    if (state.count_ == 0) return state;
    state.rank_ = static_cast<std::int64_t>(in.u64());
    if (state.value() != state.value()) throw DecodeError("an extreme is NaN");
    if (asked == Asked::task) state.task_ = TaskIndex(in.varint());
    return state;
  }

  AnswerValue finish() const {
    if (count_ == 0) return Nothing();
    if (asked == Asked::task) return Winner{task_};
    if constexpr (std::same_as<Number, double>) {
      return value();
    } else {
      return BigInteger(value());
    }
  }
  std::uint64_t skipped() const { return skipped_; }

 private:
  /// The lowest index among the tasks whose value has this rank.
  static TaskIndex first_task(std::span<const Number> values, std::span<const TaskIndex> tasks,
                              std::int64_t rank) {
    TaskIndex first(std::numeric_limits<std::uint64_t>::max());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (rank_of<Number, side>(values[i]) == rank) first = std::min(first, tasks[i]);
    }
    return first;
  }

  Number value() const { return number_of_rank<Number, side>(rank_); }

  std::uint64_t count_ = 0;  ///< of values that are not NaN
  std::uint64_t skipped_ = 0;
  std::int64_t rank_ = 0;  ///< of the extreme; meaningless if count_ is 0
  TaskIndex task_;
};

template <Side side, Asked asked>
class TextExtreme {
 public:
  using Input = std::string_view;

  void add(std::span<const std::string_view> values, std::span<const TaskIndex> tasks) {
    for (std::size_t i = 0; i < values.size(); ++i) consider(values[i], tasks[i]);
  }
  void merge(const TextExtreme& other) {
    if (other.any_) consider(other.text_, other.task_);
  }

  void encode(ByteWriter& out) const {
    out.u8(any_ ? 1 : 0);
    if (!any_) return;
    out.text(text_);
    if (asked == Asked::task) out.varint(task_.value());
  }
  static TextExtreme decode(ByteReader& in) {
    TextExtreme state;
    const std::uint8_t any = in.u8();
    if (any > 1) throw DecodeError("an extreme has unknown flags");
    if (any == 0) return state;
    state.any_ = true;
    state.text_ = in.text();
    if (asked == Asked::task) state.task_ = TaskIndex(in.varint());
    return state;
  }

  AnswerValue finish() const {
    if (!any_) return Nothing();
    return asked == Asked::task ? AnswerValue(Winner{task_}) : AnswerValue(text_);
  }
  std::size_t heap_bytes() const { return text_.capacity(); }

 private:
  void consider(std::string_view text, TaskIndex task) {
    const int order = any_ ? text.compare(text_) : 0;
    if (any_ && order == 0) {
      task_ = std::min(task_, task);
    } else if (!any_ || (side == Side::highest ? order > 0 : order < 0)) {
      text_ = text;
      task_ = task;
    }
    any_ = true;
  }

  bool any_ = false;
  std::string text_;
  TaskIndex task_;
};

template <Side side, Asked asked>
std::unique_ptr<States> make_extreme_states(std::optional<Type> argument, std::span<const Value>) {
  switch (argument.value_or(Type::real)) {
    case Type::integer:
      return std::make_unique<StateArray<NumberExtreme<std::int64_t, side, asked>>>();
    case Type::real:
      return std::make_unique<StateArray<NumberExtreme<double, side, asked>>>();
    case Type::text:
      return std::make_unique<StateArray<TextExtreme<side, asked>>>();
  }
  return nullptr;
}

ResultType task_result(std::optional<Type>) { return ResultType::task; }

}  // namespace

const AggregateKind min_kind = {
    "min",     "min(x)",       1,         1,
    "a value", takes_anything, same_type, make_extreme_states<Side::lowest, Asked::value>};
const AggregateKind max_kind = {
    "max",     "max(x)",       1,         1,
    "a value", takes_anything, same_type, make_extreme_states<Side::highest, Asked::value>};
const AggregateKind argmin_kind = {
    "argmin",  "argmin(x)",    1,           1,
    "a value", takes_anything, task_result, make_extreme_states<Side::lowest, Asked::task>};
const AggregateKind argmax_kind = {
    "argmax",  "argmax(x)",    1,           1,
    "a value", takes_anything, task_result, make_extreme_states<Side::highest, Asked::task>};

}  // namespace fanfold::reduce
