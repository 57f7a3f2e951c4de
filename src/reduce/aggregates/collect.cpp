// collect(x): all values in the order of their tasks. All groups of a grouping together keep 1,000,000
// values, and texts of 64 MiB; of more, the answer is Nothing for each of them.
// picture(tile): what the tiles, collected so, are together.
#include <algorithm>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/options.hpp"
#include "reduce/aggregates/task_value.hpp"
#include "reduce/picture.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::uint64_t most_values = 1'000'000;
constexpr std::uint64_t most_text_bytes = std::uint64_t{1} << 26;
constexpr std::string_view too_many = "more than 1,000,000 values or 64 MiB of text";

/// How much there is: grows when parts are merged, whatever their order.
struct Amount {
  std::uint64_t values = 0;
  std::uint64_t text_bytes = 0;
  bool fits() const { return values <= most_values && text_bytes <= most_text_bytes; }
  void add(const Amount& other) {
    values += other.values;
    text_bytes += other.text_bytes;
  }
};

template <typename Kept, typename Given, bool is_picture = false>
class Collected {
 public:
  using Input = Given;

  void add(std::span<const Given> values, std::span<const TaskIndex> tasks) {
    Amount amount{values.size()};
    if constexpr (std::same_as<Kept, std::string>) {
      for (const std::string_view text : values) amount.text_bytes += text.size();
    }
    if (!make_room(amount)) return;
    for (std::size_t i = 0; i < values.size(); ++i) items_.push_back({tasks[i], kept(values[i])});
  }

  void merge(const Collected& other) {
    if (make_room(other.amount_)) items_.insert(items_.end(), other.items_.begin(), other.items_.end());
  }

  /// The states of all groups, whose number has changed: without any, all begins anew.
  void fit(std::span<Collected> states) {
    if (states.empty()) *all_ = Amount();
  }

  void encode(ByteWriter& out) const {
    out.varint(amount_.values);
    out.varint(amount_.text_bytes);
    out.u8(all_->fits() ? 1 : 0);
    if (!all_->fits()) return;
    TaskIndex before;
    for (const Item& item : sorted()) {
      out.varint(item.task.value() - before.value());
      encode_value(out, item.value);
      before = item.task;
    }
  }

  Collected decode(ByteReader& in) const {
    Collected state(*this);
    Amount amount;
    amount.values = in.varint();
    amount.text_bytes = in.varint();
    const std::uint8_t has_items = in.u8();
    if (has_items > 1) throw DecodeError("a collection has unknown flags");
    if (amount.values > std::uint64_t{1} << 62 || amount.text_bytes > std::uint64_t{1} << 62)
      throw DecodeError("a collection has an impossible size");
    const bool has_room = state.make_room(amount);
    if (has_items == 0) return state;
    if (!has_room || amount.values > in.left()) throw DecodeError("a collection is too long");
    std::uint64_t text_bytes = 0;
    TaskIndex before;
    for (std::uint64_t i = 0; i < amount.values; ++i) {
      Item item;
      item.task = TaskIndex(before.value() + in.varint());
      decode_value(in, item.value);
      if constexpr (std::same_as<Kept, std::string>) text_bytes += item.value.size();
      if (i > 0 && before_in_order(item, state.items_.back()))
        throw DecodeError("a collection is out of order");
      before = item.task;
      state.items_.push_back(std::move(item));
    }
    if (text_bytes != amount.text_bytes) throw DecodeError("a collection has texts of another size");
    return state;
  }

  AnswerValue finish() const {
    if (!all_->fits()) return Nothing{too_many};
    if constexpr (is_picture) {
      PictureAssembly assembly;
      for (const Item& item : sorted()) assembly.add(item.value);
      return assembly.finish();
    }
    Collection collection;
    for (const Item& item : sorted()) collection.values.emplace_back(item.value);
    return collection;
  }

  std::size_t heap_bytes() const {
    return items_.capacity() * sizeof(Item) + (items_.empty() ? 0 : amount_.text_bytes);
  }

 private:
  struct Item {
    TaskIndex task;
    Kept value;
  };
  static bool before_in_order(const Item& left, const Item& right) {
    return left.task != right.task ? left.task < right.task : value_before(left.value, right.value);
  }

  /// Counts what is to be added; false if nothing is kept any more.
  bool make_room(const Amount& added) {
    amount_.add(added);
    all_->add(added);
    if (!all_->fits()) items_ = {};
    return all_->fits();
  }

  std::vector<Item> sorted() const {
    std::vector<Item> items = items_;
    if (!std::is_sorted(items.begin(), items.end(), before_in_order))
      std::sort(items.begin(), items.end(), before_in_order);
    return items;
  }

  std::shared_ptr<Amount> all_ = std::make_shared<Amount>();  ///< of all groups, which share it
  Amount amount_;                                             ///< of this group
  std::vector<Item> items_;                                   ///< all, if those of all groups fit
};

std::unique_ptr<States> make_collected_states(std::optional<Type> argument, std::span<const Value>) {
  switch (argument.value_or(Type::real)) {
    case Type::integer:
      return std::make_unique<StateArray<Collected<std::int64_t, std::int64_t>>>();
    case Type::real:
      return std::make_unique<StateArray<Collected<double, double>>>();
    case Type::text:
      return std::make_unique<StateArray<Collected<std::string, std::string_view>>>();
  }
  return nullptr;
}

std::unique_ptr<States> make_pictures(std::optional<Type>, std::span<const Value>) {
  return std::make_unique<StateArray<Collected<std::string, std::string_view, true>>>();
}

bool takes_texts(Type argument) { return argument == Type::text; }

}  // namespace

const AggregateKind collect_kind = {"collect", "collect(x)",   1,           1,
                                    "a value", takes_anything, list_result, make_collected_states};
const AggregateKind picture_kind = {"picture", "picture(tile)", 1,           1,
                                    "a tile",  takes_texts,     list_result, make_pictures};

}  // namespace fanfold::reduce
