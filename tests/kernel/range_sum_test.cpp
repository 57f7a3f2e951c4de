// The kernel `range_sum` against summation in a loop, and in 128-bit integers.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

std::vector<std::int64_t> sums(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to) {
  KernelRun run("range_sum");
  run.integers(from).integers(to).run();
  EXPECT_FALSE(run.failures.any());
  return to_vector(run.results[0].integers());
}

TEST(RangeSum, IsThatOfALoop) {
  std::vector<std::int64_t> from, to, expected;
  for (std::int64_t first = -9; first <= 9; ++first) {
    for (std::int64_t end = -9; end <= 9; ++end) {
      from.push_back(first);
      to.push_back(end);
      expected.push_back(0);
      for (std::int64_t i = first; i < end; ++i) expected.back() += i;
    }
  }
  on_every_target([&] {
    // All sizes about those of the vectors: 0 rows are not a batch.
    for (std::size_t rows = 1; rows <= 20; ++rows) {
      const auto part = [&](const std::vector<std::int64_t>& all) {
        return std::vector(all.end() - rows, all.end());
      };
      EXPECT_THAT(sums(part(from), part(to)), ElementsAreArray(part(expected)));
    }
    EXPECT_THAT(sums(from, to), ElementsAreArray(expected));
  });
}

TEST(RangeSum, GivesTheStoredAnswers) {
  on_every_target([] {
    EXPECT_THAT(sums({0, 1, -5, 3, 10, 0}, {10'000'000, 101, 6, 3, 5, 1}),
                ElementsAre(49'999'995'000'000, 5050, 0, 0, 0, 0));
  });
}

TEST(RangeSum, IsExactUpToTheLimits) {
  const std::int64_t edge = std::int64_t{1} << 31;
  on_every_target([&] {
    EXPECT_THAT(
        sums(
            {-edge, -edge - 1, 0, 0, largest - 1, smallest, -largest, largest, smallest, 0, 0, 0, 0},
            {edge, edge + 1, edge, edge + 1, largest, smallest + 1, largest, smallest, smallest, 1, 2, 3, 4}),
        ElementsAreArray<std::int64_t>({-edge, -edge - 1, edge / 2 * (edge - 1), (edge + 1) * (edge / 2),
                                        largest - 1, smallest, -largest, 0, 0, 0, 1, 3, 6}));
  });
}

TEST(RangeSum, FailsTheTaskWhoseSumOverflows) {
  on_every_target([] {
    KernelRun run("range_sum");
    run.integers({0, 0, smallest}).integers({largest, 10, largest}).run();
    ASSERT_EQ(run.failures.failures().size(), 2U);
    EXPECT_EQ(run.failures.failures()[0].reason,
              "the sum of the integers from 0 to 9223372036854775807 (exclusive) does not fit 64 bits");
    EXPECT_TRUE(run.failures.failed(2));
    EXPECT_EQ(run.results[0].integers()[1], 45);
  });
}

RC_GTEST_PROP(RangeSum, OfAdjacentRangesAddsUp, ()) {
  const auto bound = [] { return *rc::gen::inRange<std::int64_t>(-3'000'000'000, 3'000'000'000); };
  const std::int64_t a = bound(), b = bound(), c = bound();
  const std::int64_t low = std::min({a, b, c}), high = std::max({a, b, c}), middle = a + b + c - low - high;
  for (const std::string& target : simd_targets()) {
    choose_simd_target(target);
    // In eight rows, so that whole vectors of any target are filled.
    const std::vector<std::int64_t> parts0 = sums(std::vector(8, low), std::vector(8, middle));
    const std::vector<std::int64_t> parts1 = sums(std::vector(8, middle), std::vector(8, high));
    const std::vector<std::int64_t> whole = sums(std::vector(8, low), std::vector(8, high));
    for (std::size_t row = 0; row < 8; ++row) RC_ASSERT(parts0[row] + parts1[row] == whole[row]);
  }
  choose_simd_target(simd_targets().front());
}

}  // namespace
}  // namespace fanfold
