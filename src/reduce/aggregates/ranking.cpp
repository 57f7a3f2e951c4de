// top(k, x), bottom(k, x): the k tasks with the largest or smallest x, the best first; of equal ones those
// with the lowest index. NaN is left out and counted; -0 < +0.
#include <algorithm>
#include <tuple>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/options.hpp"
#include "reduce/aggregates/rank.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::int64_t most_places = 10'000;

template <typename Number, Side side>
class Ranked {
 public:
  using Input = Number;

  explicit Ranked(std::size_t most) : most_(most) {}

  void add(std::span<const Number> values, std::span<const TaskIndex> tasks) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != values[i]) {  // NOLINT(misc-redundant-expression): so it is for integers
        ++skipped_;
      } else {
        consider({rank_of<Number, side>(values[i]), tasks[i]});
      }
    }
  }

  void merge(const Ranked& other) {
    skipped_ += other.skipped_;
    for (const Place& place : other.places_) consider(place);
  }

  void encode(ByteWriter& out) const {
    const std::vector<Place> best = sorted();
    out.varint(skipped_);
    out.varint(best.size());
    for (const Place& place : best) {
      out.u64(static_cast<std::uint64_t>(place.rank));
      out.varint(place.task.value());
    }
  }

  Ranked decode(ByteReader& in) const {
    Ranked state(most_);
    state.skipped_ = in.varint();
    const std::size_t size = in.count(9);
    if (size > most_) throw DecodeError("a ranking is too long");
    for (std::size_t i = 0; i < size; ++i) {
      const auto rank = static_cast<std::int64_t>(in.u64());
      const Place place{rank, TaskIndex(in.varint())};
      const Number number = number_of_rank<Number, side>(rank);
      if (number != number)  // NOLINT(misc-redundant-expression): so it is for integers
        throw DecodeError("a ranking has NaN");
      if (i > 0 && before(place, state.places_.back())) throw DecodeError("a ranking is out of order");
      state.places_.push_back(place);
    }
    if (size == most_) state.worst_ = state.places_.back();
    return state;
  }

  AnswerValue finish() const {
    Ranking ranking;
    for (const Place& place : sorted())
      ranking.places.push_back({place.task, number_of_rank<Number, side>(place.rank)});
    return ranking;
  }

  std::uint64_t skipped() const { return skipped_; }
  std::size_t heap_bytes() const { return places_.capacity() * sizeof(Place); }

 private:
  struct Place {
    std::int64_t rank;
    TaskIndex task;
  };
  static bool before(const Place& left, const Place& right) {
    return left.rank != right.rank ? left.rank < right.rank : left.task < right.task;
  }

  void consider(const Place& place) {
    if (worst_ && !before(place, *worst_)) return;
    places_.push_back(place);
    if (places_.size() < 2 * most_) return;
    const auto last = places_.begin() + static_cast<std::ptrdiff_t>(most_) - 1;
    std::nth_element(places_.begin(), last, places_.end(), before);
    places_.erase(last + 1, places_.end());
    worst_ = places_.back();
  }

  std::vector<Place> sorted() const {
    std::vector<Place> best = places_;
    std::sort(best.begin(), best.end(), before);
    if (best.size() > most_) best.erase(best.begin() + static_cast<std::ptrdiff_t>(most_), best.end());
    return best;
  }

  std::size_t most_;
  std::vector<Place> places_;   ///< the best, and some that are not: fewer than twice as many as asked for
  std::optional<Place> worst_;  ///< there are as many as asked for that are not after this one
  std::uint64_t skipped_ = 0;
};

template <Side side>
std::unique_ptr<States> make_ranking_states(std::optional<Type> argument, std::span<const Value> options) {
  const auto most = static_cast<std::size_t>(std::get<std::int64_t>(options[0]));
  if (argument == Type::integer) {
    return std::make_unique<StateArray<Ranked<std::int64_t, side>>>(Ranked<std::int64_t, side>(most));
  }
  return std::make_unique<StateArray<Ranked<double, side>>>(Ranked<double, side>(most));
}

constexpr OptionKind ranking_options[] = {
    {"k", "an integer from 1 to 10,000", is_integer_from_1_to<most_places>}};

constexpr AggregateKind ranking_kind(std::string_view name, std::string_view usage,
                                     decltype(AggregateKind::make) make) {
  return {.name = name,
          .usage = usage,
          .least_arguments = 2,
          .most_arguments = 2,
          .needs = "a number",
          .takes = takes_numbers,
          .result = list_result,
          .make = make,
          .argument_place = 1,
          .options = ranking_options};
}

}  // namespace

const AggregateKind top_kind = ranking_kind("top", "top(k, x)", make_ranking_states<Side::highest>);
const AggregateKind bottom_kind = ranking_kind("bottom", "bottom(k, x)", make_ranking_states<Side::lowest>);

}  // namespace fanfold::reduce
