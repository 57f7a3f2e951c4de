// histogram(x, from, to, bins): how many values are in each of the bins of equal width between from and to.
// Edge i is from + i (to - from) / bins, rounded once to a double; a value is in bin i if it is neither below
// edge i nor at or above edge i + 1. What equals `to` is in the last bin. Values below and above are counted,
// NaN too. Integers beyond 2^53 are rounded to the nearest double first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/exact_sum.hpp"
#include "reduce/aggregates/kinds.hpp"
#include "reduce/aggregates/options.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::int64_t most_bins = 100'000;

/// The bins of one aggregate, shared by its groups.
class Bins {
 public:
  Bins(double from, double to, std::int64_t bins)
      : from_(from), scale_(static_cast<double>(bins) / (to - from)), last_(static_cast<double>(bins - 1)) {
    const BigInteger first = in_units(from);
    const BigInteger width = in_units(to) - first;
    for (std::int64_t i = 0; i <= bins; ++i)
      edges_.push_back(rounded_quotient(first * bins + width * i, BigInteger(bins) << 1074));
    starts_ = edges_;
    starts_.back() = std::nextafter(to, std::numeric_limits<double>::infinity());
  }

  std::size_t count() const { return edges_.size() - 1; }
  const std::vector<double>& edges() const { return edges_; }
  bool has_empty_ones() const { return std::adjacent_find(edges_.begin(), edges_.end()) != edges_.end(); }

  // The places of counts: first what is below, then the bins, then what is above, then NaN.
  std::size_t places() const { return count() + 3; }
  std::size_t above() const { return count() + 1; }
  std::size_t nan() const { return count() + 2; }

  /// Without branches. What the division gives is off by less than one bin: the edges decide.
  std::size_t place_of(double value) const {
    const double position = (value - from_) * scale_;
    const double at_least_0 = position > 0 ? position : 0;  // NaN too
    const auto bin = static_cast<std::uint32_t>(at_least_0 < last_ ? at_least_0 : last_);
    const std::size_t place =
        bin + 1U + (value >= starts_[bin + 1] ? 1U : 0U) - (value < starts_[bin] ? 1U : 0U);
    return value == value ? place : nan();
  }

 private:
  /// Times 2^1074: exact.
  static BigInteger in_units(double value) {
    ExactSum sum;
    sum.add(value);
    return sum.scaled();
  }

  double from_;
  double scale_;
  double last_;                 ///< the number of the last bin
  std::vector<double> edges_;   ///< one more than there are bins
  std::vector<double> starts_;  ///< the least value of each bin, and the least that is above them all
};

template <typename Number>
class Histograms {
 public:
  using Input = Number;

  explicit Histograms(std::shared_ptr<const Bins> bins) : bins_(std::move(bins)) {}

  void add(std::span<const Number> values, std::span<const TaskIndex>) {
    if (values.empty()) return;
    counts_.resize(bins_->places());
    for (const Number value : values) ++counts_[bins_->place_of(static_cast<double>(value))];
  }

  void merge(const Histograms& other) {
    if (other.counts_.empty()) return;
    counts_.resize(bins_->places());
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

  /// Only counts that are not 0, each after how far it is from the one before.
  void encode(ByteWriter& out) const {
    out.varint(counts_.size() - static_cast<std::size_t>(std::count(counts_.begin(), counts_.end(), 0U)));
    std::size_t next = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) continue;
      out.varint(i - next);
      out.varint(counts_[i]);
      next = i + 1;
    }
  }

  Histograms decode(ByteReader& in) const {
    Histograms state(bins_);
    const std::size_t used = in.count(2);
    if (used > 0) state.counts_.resize(bins_->places());
    std::size_t next = 0;
    for (std::size_t i = 0; i < used; ++i) {
      const std::uint64_t gap = in.varint();
      if (gap >= bins_->places() - next) throw DecodeError("a histogram has too many bins");
      next += gap;
      state.counts_[next] = in.varint();
      if (state.counts_[next] == 0) throw DecodeError("a count of a histogram is 0, which is not written");
      ++next;
    }
    return state;
  }

  AnswerValue finish() const {
    Histogram histogram{bins_->edges(), std::vector<std::uint64_t>(bins_->count())};
    if (counts_.empty()) return histogram;
    std::copy_n(counts_.begin() + 1, bins_->count(), histogram.counts.begin());
    histogram.below = counts_.front();
    histogram.above = counts_[bins_->above()];
    return histogram;
  }

  std::uint64_t skipped() const { return counts_.empty() ? 0 : counts_[bins_->nan()]; }
  std::size_t heap_bytes() const { return counts_.capacity() * sizeof(std::uint64_t); }

 private:
  std::shared_ptr<const Bins> bins_;
  std::vector<std::uint64_t> counts_;  ///< by place; empty: all 0
};

constexpr OptionKind histogram_options[] = {
    {"from", "a finite number", is_finite_number},
    {"to", "a finite number", is_finite_number},
    {"bins", "an integer from 1 to 100,000", is_integer_from_1_to<most_bins>}};

Bins bins_of(std::span<const Value> options) {
  return Bins(real_option(options[0]), real_option(options[1]), std::get<std::int64_t>(options[2]));
}

std::string check(std::span<const Value> options) {
  const double from = real_option(options[0]);
  const double to = real_option(options[1]);
  if (!(from < to)) return "'to' must be above 'from'";
  if (!std::isfinite(to - from) ||
      !std::isfinite(static_cast<double>(std::get<std::int64_t>(options[2])) / (to - from)))
    return "'from' and 'to' are too far apart or too close";
  return bins_of(options).has_empty_ones() ? "the bins are narrower than the distance of doubles" : "";
}

std::unique_ptr<States> make_histogram_states(std::optional<Type> argument, std::span<const Value> options) {
  auto bins = std::make_shared<const Bins>(bins_of(options));
  if (argument == Type::integer) {
    return std::make_unique<StateArray<Histograms<std::int64_t>>>(Histograms<std::int64_t>(std::move(bins)));
  }
  return std::make_unique<StateArray<Histograms<double>>>(Histograms<double>(std::move(bins)));
}

}  // namespace

const AggregateKind histogram_kind = {.name = "histogram",
                                      .usage = "histogram(x, from, to, bins)",
                                      .least_arguments = 4,
                                      .most_arguments = 4,
                                      .needs = "a number",
                                      .takes = takes_numbers,
                                      .result = list_result,
                                      .make = make_histogram_states,
                                      .options = histogram_options,
                                      .check_options = check};

}  // namespace fanfold::reduce
