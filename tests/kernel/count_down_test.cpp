// The kernel `count_down`.
#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

using testing::ElementsAre;

KernelRun counted(const std::vector<double>& x, std::int64_t steps_per_unit) {
  KernelRun run("count_down");
  run.reals(x).integers(std::vector<std::int64_t>(x.size(), steps_per_unit)).run();
  return run;
}

TEST(CountDown, SquaresAndCounts) {
  KernelRun run = counted({1, 8, 1.5, 2, 0, -3, 0.1}, 1001);
  EXPECT_FALSE(run.failures.any());
  EXPECT_THAT(to_vector(run.results[0].integers()), ElementsAre(1001, 8008, 1502, 2002, 0, 0, 101));
  const auto squares = run.results[1].reals();
  EXPECT_THAT(std::vector(squares.begin(), squares.end()), ElementsAre(1, 64, 2.25, 4, 0, 9, 0.1 * 0.1));
}

TEST(CountDown, IsReallyExecuted) {
  const auto start = std::chrono::steady_clock::now();
  counted({8}, 10'000'000);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  // A step is at least a tenth of a nanosecond: a countdown that was optimised away takes no time at all.
  EXPECT_GT(elapsed.count(), 0.008);
}

TEST(CountDown, FailsATaskThatWouldNotEnd) {
  KernelRun run = counted({std::numeric_limits<double>::infinity(), std::nan(""), 1e30, 3}, 1000);
  EXPECT_TRUE(run.failures.failed(0));
  EXPECT_TRUE(run.failures.failed(1));
  EXPECT_TRUE(run.failures.failed(2));
  EXPECT_EQ(run.failures.failures()[0].reason, "x·steps_per_unit is not a number below 2^63");
  EXPECT_EQ(run.results[1].reals()[3], 9);
}

TEST(CountDown, ReturnsAtOnceWhenStopped) {
  KernelRun("count_down").reals({1e9}).integers({1'000'000'000}).stop_requested().run();  // thirty years of
                                                                                          // work, else
}

}  // namespace
}  // namespace fanfold
