// quantile(x, q), median(x): the value below which the share q of the values lies, between two of them by
// linear interpolation (NumPy's default; type 7 of Hyndman and Fan, Sample quantiles in statistical packages,
// 1996). NaN are left out and counted; of nothing: Nothing. The answer is a real; integers beyond 2^53 are
// rounded.
//
// Values are kept, and the answer is exact, while a group has at most 131,072 of them (in a grouping of more
// than 64 groups fewer, such that all groups together keep 8,388,608, but 64 each at least). Beyond that they
// are counted in buckets. Which of the two it is depends on the number of values and of groups alone, and the
// buckets of values do not depend on when they were counted: so the order does not matter.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/options.hpp"
#include "reduce/bucket_counts.hpp"
#include "reduce/number_order.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 17;
constexpr std::size_t most_kept_of_all_groups = std::size_t{1} << 23;
constexpr std::size_t least_kept = 64;

std::size_t kept_of(std::size_t groups) {
  const std::size_t share = most_kept_of_all_groups / std::bit_ceil(std::max<std::size_t>(groups, 1));
  return std::clamp(share, least_kept, most_kept);
}

/// As NumPy interpolates, but also where the difference of the two is too large for a double.
double between(double low, double high, double share) {
  if (low == high || share == 0) return low;
  const double difference = high - low;
  if (!std::isfinite(difference)) return low * (1 - share) + high * share;
  return share < 0.5 ? low + difference * share : high - difference * (1 - share);
}

template <typename Number>
class Quantiles {
 public:
  using Input = Number;

  void add(std::span<const Number> values, std::span<const TaskIndex>) {
    if (buckets_.total() > 0) return count(values);
    for (const Number value : values) {
      if (value == value) {  // NOLINT(misc-redundant-expression): so it is for integers
        kept_.push_back(order(value));
      } else {
        ++skipped_;
      }
    }
    count_if_too_many();
  }

  void merge(const Quantiles& other) {
    skipped_ += other.skipped_;
    kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
    buckets_.merge(other.buckets_);
    count_if_too_many();
  }

  /// The states of all groups, whose number has changed.
  void fit(std::span<Quantiles> states) {
    const std::size_t limit = kept_of(states.size());
    if (limit == *limit_) return;
    *limit_ = limit;
    for (Quantiles& state : states) state.count_if_too_many();
  }

  void encode(ByteWriter& out) const {
    out.varint(skipped_);
    out.varint(kept_.size());
    if (kept_.empty()) return buckets_.encode(out);
    std::vector<std::int64_t> sorted = kept_;
    std::sort(sorted.begin(), sorted.end());
    out.zigzag(sorted.front());
    for (std::size_t i = 1; i < sorted.size(); ++i)
      out.varint(static_cast<std::uint64_t>(sorted[i]) - static_cast<std::uint64_t>(sorted[i - 1]));
  }

  Quantiles decode(ByteReader& in) const {
    Quantiles state(*this);
    state.skipped_ = in.varint();
    state.kept_.resize(in.count());
    if (state.kept_.size() > *limit_) throw DecodeError("a quantile keeps too many values");
    if (state.kept_.empty()) {
      state.buckets_ = BucketCounts::decode(in);
      return state;
    }
    state.kept_.front() = in.zigzag();
    for (std::size_t i = 1; i < state.kept_.size(); ++i) {
      const std::uint64_t next = static_cast<std::uint64_t>(state.kept_[i - 1]) + in.varint();
      state.kept_[i] = static_cast<std::int64_t>(next);
      if (state.kept_[i] < state.kept_[i - 1]) throw DecodeError("the values of a quantile are out of order");
    }
    if (is_nan(state.kept_.front()) || is_nan(state.kept_.back()))
      throw DecodeError("a value of a quantile is NaN");
    return state;
  }

  /// `options` are q, or nothing: then it is the median.
  AnswerValue finish(std::span<const Value> options) const {
    const double q = options.empty() ? 0.5 : real_option(options[0]);
    const std::uint64_t count = kept_.size() + buckets_.total();
    if (count == 0) return Nothing();
    const double position = static_cast<double>(count - 1) * q;
    const auto before = std::min(static_cast<std::uint64_t>(position), count - 1);
    const double share = position - std::floor(position);
    const std::uint64_t next = std::min(before + 1, count - 1);
    if (buckets_.total() > 0) return between(buckets_.value_at(before), buckets_.value_at(next), share);
    std::vector<std::int64_t> values = kept_;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(before);
    std::nth_element(values.begin(), at, values.end());
    const auto above = next == before ? at : std::min_element(at + 1, values.end());
    return between(real_of(*at), real_of(*above), share);
  }

  std::uint64_t skipped() const { return skipped_; }
  double relative_error() const { return buckets_.total() > 0 ? BucketCounts::relative_error : 0; }
  std::size_t heap_bytes() const { return kept_.capacity() * sizeof(std::int64_t) + buckets_.heap_bytes(); }

 private:
  static std::int64_t order(Number value) {
    if constexpr (std::same_as<Number, double>) {
      return order_of(value);
    } else {
      return value;
    }
  }
  static double real_of(std::int64_t order) {
    if constexpr (std::same_as<Number, double>) {
      return real_of_order(order);
    } else {
      return static_cast<double>(order);
    }
  }
  static bool is_nan(std::int64_t order) { return std::isnan(real_of(order)); }

  void count(std::span<const Number> values) {
    if constexpr (std::same_as<Number, double>) {
      skipped_ += values.size() - buckets_.add(values);
    } else {
      count_reals(values, [](std::int64_t value) { return static_cast<double>(value); });
    }
  }

  void count_if_too_many() {
    if (kept_.empty() || (kept_.size() <= *limit_ && buckets_.total() == 0)) return;
    count_reals(std::span<const std::int64_t>(kept_), real_of);
    kept_ = {};
  }

  template <typename ToReal>
  void count_reals(std::span<const std::int64_t> values, ToReal&& to_real) {
    std::array<double, 512> reals;
    while (!values.empty()) {
      const std::size_t size = std::min(values.size(), reals.size());
      std::transform(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size), reals.begin(),
                     to_real);
      buckets_.add(std::span(reals).first(size));
      values = values.subspan(size);
    }
  }

  std::shared_ptr<std::size_t> limit_ = std::make_shared<std::size_t>(most_kept);  ///< shared by all groups
  std::vector<std::int64_t> kept_;  ///< values by their order; empty once they are in buckets
  BucketCounts buckets_;
  std::uint64_t skipped_ = 0;
};

bool is_share(const Value& value) {
  return type_of(value) != Type::text && real_option(value) >= 0 && real_option(value) <= 1;
}

constexpr OptionKind quantile_options[] = {{"q", "a number from 0 to 1", is_share}};

std::unique_ptr<States> make_quantile_states(std::optional<Type> argument, std::span<const Value>) {
  if (argument == Type::integer) return std::make_unique<StateArray<Quantiles<std::int64_t>>>();
  return std::make_unique<StateArray<Quantiles<double>>>();
}

}  // namespace

const AggregateKind quantile_kind = {.name = "quantile",
                                     .usage = "quantile(x, q)",
                                     .least_arguments = 2,
                                     .most_arguments = 2,
                                     .needs = "a number",
                                     .takes = takes_numbers,
                                     .result = real_result,
                                     .make = make_quantile_states,
                                     .options = quantile_options,
                                     .options_only_read = true};
const AggregateKind median_kind = {"median",   "median(x)",   1,           1,
                                   "a number", takes_numbers, real_result, make_quantile_states};

}  // namespace fanfold::reduce
