// The kernel `moments`: count, sum, mean, variance, smallest and largest of a column of numbers.
//
// Sums are exact, and rounded once; so are the mean and the variance, which are made of them:
// mean = S/n, var = (n·Q - S²)/(n·(n - 1)), S being the sum and Q the sum of the squares.
#include <fanfold/kernel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

#include "core/exact_sum.hpp"
#include "kernel/number_text.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/moments.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Takes the smallest and the largest of values that are no NaN into `smallest` and `largest`.
void extend_range(std::span<const double> values, double& smallest, double& largest) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  auto low = hn::Set(d, smallest), high = hn::Set(d, largest);
  std::size_t at = 0;
  for (; at + lanes <= values.size(); at += lanes) {
    const auto x = hn::LoadU(d, &values[at]);
    low = hn::Min(low, x);
    high = hn::Max(high, x);
  }
  smallest = hn::GetLane(hn::MinOfLanes(d, low));
  largest = hn::GetLane(hn::MaxOfLanes(d, high));
  for (; at < values.size(); ++at) {
    smallest = std::min(smallest, values[at]);
    largest = std::max(largest, values[at]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(extend_range);

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

class Moments {
 public:
  void add(std::span<const double> values) {
    count_ += static_cast<std::int64_t>(values.size());
    sum_.add(values);
    squares_.add_squares(values);
    HWY_DYNAMIC_DISPATCH(extend_range)(values, smallest_, largest_);
  }

  std::int64_t count() const { return count_; }
  double sum() const { return sum_.rounded(); }
  double mean() const {
    if (count_ == 0) return no_number;
    if (sum_.has_special()) return sum_.special();
    return rounded_quotient(sum_.scaled(), BigInteger(count_) << 1074);
  }
  double variance() const {
    if (count_ < 2 || sum_.has_special()) return no_number;
    const BigInteger n(count_), total = sum_.scaled();
    const BigInteger numerator = ((n * squares_.scaled()) << 1074) - total * total;
    // Only squares that underflow can make it negative.
    return rounded_quotient(std::max(numerator, BigInteger(0)), (n * (n - 1)) << 2148);
  }
  double smallest() const { return extreme(smallest_); }
  double largest() const { return extreme(largest_); }

 private:
  /// Minima of NaN, and of zeros of both signs, differ between SIMD targets.
  double extreme(double found) const {
    const bool has_nan = squares_.has_special() && squares_.special() != squares_.special();
    return count_ == 0 || has_nan ? no_number : found + 0.0;
  }

  std::int64_t count_ = 0;
  ExactSum sum_;
  ExactSum squares_;
  double smallest_ = std::numeric_limits<double>::infinity();
  double largest_ = -std::numeric_limits<double>::infinity();
};

class MomentsKernel final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      const std::string_view format = batch.texts(0)[task];
      Moments moments;
      std::string failure;
      if (format == "text") {
        failure = add_text(batch, batch.input(task), moments);
      } else if (format == "doubles") {
        failure = add_doubles(batch, batch.input(task), moments);
      } else {
        failure = fmt::format("format = \"{}\" is neither text nor doubles", format);
      }
      if (!failure.empty()) {
        results.fail(task, failure);
        continue;
      }
      results.integers(0)[task] = moments.count();
      const double reals[] = {moments.sum(), moments.mean(), moments.variance(), moments.smallest(),
                              moments.largest()};
      for (std::size_t i = 0; i < std::size(reals); ++i) results.reals(1 + i)[task] = reals[i];
    }
  }

 private:
  /// As many as a block of exact sums has.
  using Numbers = std::array<double, 1024>;

  /// Both return what is wrong; empty: nothing.
  static std::string add_text(const Batch& batch, std::string_view input, Moments& moments) {
    NumberText text(input);
    Numbers numbers;
    for (std::size_t count = numbers.size(); count == numbers.size() && !batch.stop_requested();) {
      count = text.read(numbers);
      moments.add(std::span(numbers).first(count));
    }
    if (text.bad_token().empty()) return {};
    const auto line = 1 + std::ranges::count(input.substr(0, text.position()), '\n');
    return fmt::format("line {}: '{}' is no number", line, text.bad_token().substr(0, 60));
  }

  static std::string add_doubles(const Batch& batch, std::string_view input, Moments& moments) {
    if (input.size() % sizeof(double) != 0) {
      return fmt::format("{} bytes are no whole number of doubles, which have 8 bytes each", input.size());
    }
    Numbers numbers;  // the input need not be aligned
    while (!input.empty() && !batch.stop_requested()) {
      const std::size_t bytes = std::min(input.size(), sizeof numbers);
      std::memcpy(numbers.data(), input.data(), bytes);
      moments.add(std::span(numbers).first(bytes / sizeof(double)));
      input.remove_prefix(bytes);
    }
    return {};
  }

  const KernelInfo info_{
      .name = "moments",
      .summary = "count, sum, mean, variance and range of the numbers in the input",
      .source =
          "numbers are rounded correctly: Lemire: Number parsing at a gigabyte per second, 2021; sums are "
          "exact: "
          "Neal: Fast exact summation using small and large superaccumulators, 2015; each result is rounded "
          "once",
      .takes_input = true,
      .draws_random = false,
      .parameters = {{"format",
                      Type::text,
                      "\"text\": numbers between white space; \"doubles\": little-endian, 8 bytes each",
                      Value{std::string("text")},
                      {}}},
      .results = {{"count", Type::integer, "how many numbers"},
                  {"sum", Type::real, "their sum"},
                  {"mean", Type::real, "their mean (NaN of none)"},
                  {"var", Type::real, "the variance of a sample, with n - 1 (NaN below two)"},
                  {"min", Type::real, "the smallest (NaN of none, or with a NaN among them)"},
                  {"max", Type::real, "the largest"}}};
};

}  // namespace

const Kernel& moments_kernel() {
  static const MomentsKernel kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
