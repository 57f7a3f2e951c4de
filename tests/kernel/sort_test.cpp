// The kernel `sort`, against std::sort of the same numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

constexpr RandomKey key{7, 11};

KernelRun sorted(const std::vector<std::int64_t>& numbers, std::uint64_t first_stream = 0) {
  KernelRun run("sort");
  run.integers(numbers).random(key, first_stream).run();
  return run;
}

/// What the documentation says that a task draws, sorted another way.
std::vector<double> reference(std::size_t size, std::uint64_t stream) {
  const RandomStream random(key, stream);
  std::vector<double> numbers;
  for (std::uint64_t i = 0; i < size; ++i) {
    const RandomBlock words = random.block(i / 2);
    const std::size_t half = i % 2 * 2;
    numbers.push_back(std::ldexp(words[half + 1], -32) + std::ldexp(words[half] >> 11, -53));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

TEST(Sort, GivesTheOrderStatisticsOfATasksOwnNumbers) {
  on_every_target([] {
    KernelRun run = sorted({9, 1001, 65'537}, 5);
    ASSERT_FALSE(run.failures.any());
    const std::size_t sizes[] = {9, 1001, 65'537};  // 4k + 1: each quartile is one of the numbers
    for (std::size_t task = 0; task < 3; ++task) {
      const std::vector<double> numbers = reference(sizes[task], 5 + task);
      for (std::size_t result = 0; result < 5; ++result) {
        const std::size_t place = result * (sizes[task] - 1) / 4;
        EXPECT_EQ(run.results[result].reals()[task], numbers[place]) << task << " " << result;
      }
    }
  });
}

TEST(Sort, InterpolatesBetweenTwoNumbers) {
  KernelRun run = sorted({2});
  const std::vector<double> numbers = reference(2, 0);
  for (std::size_t result = 0; result < 5; ++result) {
    const double share = 0.25 * static_cast<double>(result);
    EXPECT_DOUBLE_EQ(run.results[result].reals()[0], numbers[0] + share * (numbers[1] - numbers[0]));
  }
}

TEST(Sort, OfOneNumberIsThatNumber) {
  KernelRun run = sorted({1});
  for (ColumnBuffer& result : run.results) EXPECT_EQ(result.reals()[0], reference(1, 0)[0]);
}

TEST(Sort, FailsTasksWithoutNumbersOrWithTooMany) {
  KernelRun run = sorted({0, std::int64_t{1} << 33, 1});
  EXPECT_TRUE(run.failures.failed(0));
  EXPECT_TRUE(run.failures.failed(1));
  EXPECT_FALSE(run.failures.failed(2));
}

TEST(Sort, ReturnsAtOnceWhenStopped) {
  KernelRun("sort").integers({std::int64_t{1} << 20}).random(key).stop_requested().run();
}

}  // namespace
}  // namespace fanfold
