// The kernel `range_sum`: the sum of the integers from, from + 1 … to - 1; 0 if there are none.
//
// By Gauss's formula (from + to - 1)·(to - from)/2, as an optimising compiler makes it of the loop: a task
// costs about a nanosecond however long its range is. The result is exact; a sum of over 64 bits fails.
#include <fanfold/kernel.hpp>

#include <optional>
#include <string>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/range_sum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Sums ranges in whole vectors while all bounds lie within ±2^31, where neither factor nor product can
/// overflow (at most 2^32 integers of at most 2^31). Returns the number of rows done, from the first on.
std::size_t sum_small_ranges(const std::int64_t* from, const std::int64_t* to, std::size_t rows,
                             std::int64_t* sums) {
  const hn::ScalableTag<std::int64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, 1);
  const auto limit = hn::Set(d, std::int64_t{1} << 31);
  const auto negative_limit = hn::Neg(limit);
  std::size_t row = 0;
  for (; row + lanes <= rows; row += lanes) {
    const auto first = hn::LoadU(d, from + row);
    const auto end = hn::Max(first, hn::LoadU(d, to + row));
    if (!hn::AllFalse(d, hn::Or(hn::Lt(first, negative_limit), hn::Gt(end, limit)))) break;
    const auto count = hn::Sub(end, first);
    const auto ends =
        hn::Sub(hn::Add(first, end), one);  // even if the count is odd, and so is one of them halved
    const auto odd = hn::Eq(hn::And(count, one), one);
    const auto factor0 = hn::IfThenElse(odd, count, hn::ShiftRight<1>(count));
    const auto factor1 = hn::IfThenElse(odd, hn::ShiftRight<1>(ends), ends);
    hn::StoreU(hn::Mul(factor0, factor1), d, sums + row);
  }
  return row;
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(sum_small_ranges);

__extension__ typedef __int128 Int128;

/// The sum of any range, or nothing if it does not fit 64 bits.
std::optional<std::int64_t> sum_range(std::int64_t from, std::int64_t to) {
  if (to <= from) return 0;
  const Int128 count = Int128{to} - from;
  const Int128 ends = Int128{from} + to - 1;
  // Both factors have at most 65 bits: compare before multiplying, then the product has at most 128.
  const Int128 factor0 = count % 2 == 0 ? count / 2 : count;
  const Int128 factor1 = count % 2 == 0 ? ends : ends / 2;
  Int128 sum = 0;
  if (__builtin_mul_overflow(factor0, factor1, &sum)) return std::nullopt;
  if (sum < INT64_MIN || sum > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(sum);
}

class RangeSum final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto from = batch.integers(0);
    const auto to = batch.integers(1);
    const auto sums = results.integers(0);
    std::size_t row = 0;
    while (row < batch.size()) {
      row += HWY_DYNAMIC_DISPATCH(sum_small_ranges)(&from[row], &to[row], batch.size() - row, &sums[row]);
      if (row < batch.size()) sum_one(from[row], to[row], row, sums, results), ++row;
    }
  }

 private:
  static void sum_one(std::int64_t from, std::int64_t to, std::size_t row, std::span<std::int64_t> sums,
                      Results& results) {
    if (const auto sum = sum_range(from, to)) {
      sums[row] = *sum;
    } else {
      results.fail(row, "the sum of the integers from " + std::to_string(from) + " to " + std::to_string(to) +
                            " (exclusive) does not fit 64 bits");
    }
  }

  const KernelInfo info_{
      .name = "range_sum",
      .summary = "the sum of a range of integers",
      .source = "Gauss's formula, in 128-bit integers",
      .takes_input = false,
      .draws_random = false,
      .parameters = {{"from", Type::integer, "the first integer of the range", Value{std::int64_t{0}}, {}},
                     {"to", Type::integer, "the end of the range: the first integer after it", {}, {}}},
      .results = {{"sum", Type::integer, "the sum; 0 if `to` is not above `from`"}}};
};

}  // namespace

const Kernel& range_sum_kernel() {
  static const RangeSum kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
