// The kernel `pi` against a scalar reference that draws every bit of every point, and chance.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "kernel/kernel_run.hpp"

namespace fanfold {

namespace pi {
bool is_hit(const RandomStream& stream, std::uint64_t point);  // as the kernel looks at points again
}

namespace {

/// The definition in pi.cpp, in other words: all 47 bits of both coordinates, in 128-bit integers.
std::int64_t reference_hits(RandomKey key, std::uint64_t stream, std::int64_t samples) {
  const RandomStream random(key, stream);
  std::int64_t hits = 0;
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto point = static_cast<std::uint64_t>(i);
    const std::uint32_t coarse = random.block(point / 4)[point % 4];
    const RandomBlock fine = random.block((std::uint64_t{1} << 63) + point);
    const auto x = static_cast<unsigned __int128>((std::uint64_t{coarse % 32768} << 32) + fine[0]);
    const auto y = static_cast<unsigned __int128>((std::uint64_t{(coarse / 65536) % 32768} << 32) + fine[1]);
    hits += x * x + y * y < (static_cast<unsigned __int128>(1) << 94) ? 1 : 0;
  }
  return hits;
}

std::vector<std::int64_t> hits(const std::vector<std::int64_t>& samples, RandomKey key,
                               std::uint64_t stream) {
  KernelRun run("pi");
  run.integers(samples).random(key, stream).run();
  EXPECT_FALSE(run.failures.any());
  return to_vector(run.results[0].integers());
}

TEST(Pi, CountsWhatTheReferenceCounts) {
  // A step of the widest target is 128 points: every remainder of it, and of the narrower ones, is met.
  std::vector<std::int64_t> samples, expected;
  for (std::int64_t size = 0; size <= 300; ++size) samples.push_back(size);
  for (std::uint64_t task = 0; task < samples.size(); ++task) {
    expected.push_back(reference_hits({7, 8}, 100 + task, samples[task]));
  }
  on_every_target([&] { EXPECT_EQ(hits(samples, {7, 8}, 100), expected); });
}

TEST(Pi, CountsUndecidedPointsAsTheReferenceDoes) {
  // About 70 points of a million lie so near to the circle that they draw their finer bits.
  const std::int64_t expected = reference_hits({1, 2}, 3, 1'000'000);
  on_every_target([&] { EXPECT_THAT(hits({1'000'000}, {1, 2}, 3), testing::ElementsAre(expected)); });
}

TEST(Pi, GivesTheStoredAnswers) {
  // 4,194,304 points are a stretch, after which the kernel looks whether to stop.
  on_every_target([] {
    EXPECT_THAT(hits({1, 10, 1000, 4'194'303, 4'194'304, 4'194'305, 10'000'000}, {2024, 1}, 0),
                testing::ElementsAre(1, 7, 787, 3'292'694, 3'293'819, 3'293'318, 7'855'242));
  });
}

TEST(Pi, IsTheSameInAnyBatch) {
  const std::vector<std::int64_t> samples(100, 777);
  const std::vector<std::int64_t> together = hits(samples, {5, 6}, 0);
  for (std::size_t task = 0; task < samples.size(); ++task) {
    EXPECT_EQ(hits({777}, {5, 6}, task)[0], together[task]);
  }
}

TEST(Pi, HitsFollowTheBinomialDistribution) {
  // Of 10^9 points. The sum of the squared deviations of 2,000 tasks, in units of their variance, is
  // chi-squared with 2,000 degrees of freedom (p is known, not estimated): its mean is 2,000 and its standard
  // deviation sqrt(2·2000) = 63.
  constexpr std::size_t tasks = 2000;
  constexpr double samples = 500'000, p = 0.78539816339744830962;
  const std::vector<std::int64_t> all = hits(std::vector<std::int64_t>(tasks, 500'000), {11, 12}, 0);
  double chi_squared = 0, sum = 0;
  for (const std::int64_t h : all) {
    const double deviation = static_cast<double>(h) - samples * p;
    chi_squared += deviation * deviation / (samples * p * (1 - p));
    sum += deviation;
  }
  EXPECT_NEAR(chi_squared, tasks, 4 * std::sqrt(2.0 * tasks));
  EXPECT_LT(std::abs(sum), 4 * std::sqrt(tasks * samples * p * (1 - p)));
}

/// How much of the cell [x, x + 1] × [y, y + 1] lies inside of the circle of radius 2^15, by the trapezoidal
/// rule.
double share_inside(std::uint32_t x, std::uint32_t y) {
  constexpr int steps = 256;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double at = x + static_cast<double>(i) / steps;
    const double height = std::clamp(std::sqrt(std::max(0x1p30 - at * at, 0.0)) - y, 0.0, 1.0);
    sum += i == 0 || i == steps ? height / 2 : height;
  }
  return sum / steps;
}

TEST(Pi, PointsOfCellsThatTheCircleCrossesAreUniformToo) {
  // Of 10^8 points, some 6,000 are in cells whose first 15 bits do not decide: the finer bits do.
  const RandomStream random({21, 22}, 5);
  std::vector<std::pair<double, bool>> refined;  // the probability of a hit, and whether it was one
  std::array<int, 256> fine_cells{};             // by the upper four of the finer bits of x and y
  for (std::uint64_t block = 0; block < 25'000'000; ++block) {
    const RandomBlock words = random.block(block);
    for (std::uint64_t i = 0; i < 4; ++i) {
      const std::uint32_t x = words[i] & 0x7FFF, y = words[i] >> 16 & 0x7FFF;
      const std::uint32_t inner = x * x + y * y, outer = inner + 2 * (x + y) + 2;
      if (inner >= 1U << 30 || outer <= 1U << 30) continue;
      refined.emplace_back(share_inside(x, y), pi::is_hit(random, 4 * block + i));
      const RandomBlock fine = random.block((std::uint64_t{1} << 63) + 4 * block + i);
      ++fine_cells[fine[0] >> 28 << 4 | fine[1] >> 28];
    }
  }
  ASSERT_NEAR(static_cast<double>(refined.size()), 1e8 * 2 * 0x1p15 / 0x1p30, 400);

  double of_cells = 0;  // chi-squared with 255 degrees of freedom
  const double expected = static_cast<double>(refined.size()) / 256;
  for (const int count : fine_cells) of_cells += (count - expected) * (count - expected) / expected;
  EXPECT_NEAR(of_cells, 255, 4 * std::sqrt(2.0 * 255));

  std::ranges::sort(refined);
  double of_hits = 0;  // chi-squared with 50 degrees of freedom: groups of similar probability
  const std::size_t group = refined.size() / 50;
  for (std::size_t first = 0; first + group <= refined.size() && first < 50 * group; first += group) {
    double deviation = 0, variance = 0;
    for (std::size_t i = first; i < first + group; ++i) {
      deviation += (refined[i].second ? 1.0 : 0.0) - refined[i].first;
      variance += refined[i].first * (1 - refined[i].first);
    }
    of_hits += deviation * deviation / variance;
  }
  EXPECT_NEAR(of_hits, 50, 4 * std::sqrt(2.0 * 50));
}

TEST(Pi, NegativeSamplesFailTheirTaskOnly) {
  KernelRun run("pi");
  run.integers({100, -1, 100}).random({1, 2}).run();
  ASSERT_EQ(run.failures.failures().size(), 1U);
  EXPECT_EQ(run.failures.failures()[0].row, 1U);
  EXPECT_EQ(run.failures.failures()[0].reason, "samples = -1 is below its minimum, 0");
  EXPECT_EQ(run.results[0].integers()[0], reference_hits({1, 2}, 0, 100));
  EXPECT_EQ(run.results[0].integers()[2], reference_hits({1, 2}, 2, 100));
}

TEST(Pi, ReturnsAtOnceWhenStopped) {
  KernelRun("pi").integers({std::int64_t{1} << 62}).stop_requested().run();  // a hundred years of work, else
}

}  // namespace
}  // namespace fanfold
