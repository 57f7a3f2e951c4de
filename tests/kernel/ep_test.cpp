// The kernel `ep` against a scalar reference in long doubles, and against the sums that the benchmark
// publishes.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "core/simd_target.hpp"
#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t modulus_mask = (std::uint64_t{1} << 46) - 1;

/// One number after the other, as the specification defines them.
class Numbers {
 public:
  double next() {
    state_ = state_ * 1'220'703'125 & modulus_mask;
    return std::ldexp(static_cast<double>(state_), -46);
  }

 private:
  std::uint64_t state_ = 271'828'183;
};

struct Sums {
  long double x = 0, y = 0;
  std::array<std::int64_t, 10> counts{};
  std::int64_t accepted = 0;
};

/// The sums of each block of 2^16 pairs, from the first on.
std::vector<Sums> reference_blocks(std::size_t blocks) {
  Numbers numbers;
  std::vector<Sums> all(blocks);
  for (Sums& sums : all) {
    for (int pair = 0; pair < 1 << 16; ++pair) {
      const double x = 2 * numbers.next() - 1;
      const double y = 2 * numbers.next() - 1;
      const double t = x * x + y * y;
      if (t > 1) continue;
      const long double scale = std::sqrt(-2 * std::log(static_cast<long double>(t)) / t);
      sums.x += x * scale;
      sums.y += y * scale;
      ++sums.counts[static_cast<std::size_t>(std::max(std::abs(x * scale), std::abs(y * scale)))];
      ++sums.accepted;
    }
  }
  return all;
}

KernelRun ep(const std::string& problem, const std::vector<std::int64_t>& parts, std::int64_t count) {
  KernelRun run("ep");
  run.texts(std::vector<std::string>(parts.size(), problem)).integers(parts);
  run.integers(std::vector<std::int64_t>(parts.size(), count)).run();
  return run;
}

TEST(Ep, AgreesWithTheReferenceBlockByBlock) {
  const std::vector<Sums> expected = reference_blocks(6);
  on_every_target([&] {
    KernelRun run = ep("S", {0, 1, 2, 3, 4, 5}, 256);
    ASSERT_FALSE(run.failures.any());
    for (std::size_t block = 0; block < expected.size(); ++block) {
      const Sums& sums = expected[block];
      // 10^5 roundings of 2^-48 at most, and of deviates in double precision.
      EXPECT_NEAR(run.results[0].reals()[block], static_cast<double>(sums.x), 1e-10);
      EXPECT_NEAR(run.results[1].reals()[block], static_cast<double>(sums.y), 1e-10);
      EXPECT_EQ(run.results[2].integers()[block], 1 << 16);
      EXPECT_EQ(run.results[3].integers()[block], sums.accepted);
      for (std::size_t annulus = 0; annulus < 10; ++annulus) {
        EXPECT_EQ(run.results[6 + annulus].integers()[block], sums.counts[annulus]) << annulus;
      }
    }
  });
}

TEST(Ep, PartsOfSeveralBlocksAndOfNone) {
  const std::vector<Sums> blocks = reference_blocks(3);
  // 256 blocks in 100 parts: part 0 has blocks 0 and 1, part 1 blocks 2 … 4. In 1,000 parts most have none.
  KernelRun run = ep("S", {0}, 100);
  EXPECT_NEAR(run.results[0].reals()[0], static_cast<double>(blocks[0].x + blocks[1].x), 1e-10);
  EXPECT_EQ(run.results[3].integers()[0], blocks[0].accepted + blocks[1].accepted);
  KernelRun fine = ep("S", {0, 1, 2, 3, 999}, 1000);
  EXPECT_THAT(to_vector(fine.results[2].integers()), testing::ElementsAre(0, 0, 0, 1 << 16, 1 << 16));
  EXPECT_EQ(fine.results[0].reals()[0], 0.0);
  EXPECT_NEAR(fine.results[0].reals()[3], static_cast<double>(blocks[0].x), 1e-10);
}

TEST(Ep, GivesTheStoredAnswers) {
  on_every_target([] {
    KernelRun run = ep("A", {0, 77}, 512);
    const double expected[] = {377.64550035691843, 16.26276842673031, 995.1550132748749, 466.57174708979403};
    for (std::size_t i = 0; i < 4; ++i) {
      const double found = run.results[i % 2].reals()[i / 2];
      // Without a fused multiply-add the last bit of a logarithm may differ.
      if (has_fused_multiply_add(simd_target())) EXPECT_EQ(found, expected[i]);
      EXPECT_NEAR(found, expected[i], 1e-10);
    }
    EXPECT_THAT(to_vector(run.results[3].integers()), testing::ElementsAre(411'449, 411'533));
  });
}

TEST(Ep, SumsToWhatIsPublished) {
  std::vector<std::int64_t> parts(64);
  for (std::size_t part = 0; part < parts.size(); ++part) parts[part] = static_cast<std::int64_t>(part);
  KernelRun run = ep("S", parts, 64);
  double sum_x = 0, sum_y = 0;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    sum_x += run.results[0].reals()[part];
    sum_y += run.results[1].reals()[part];
  }
  EXPECT_NEAR(sum_x / -3247.834652034740, 1, 1e-12);
  EXPECT_NEAR(sum_y / -6958.407078382297, 1, 1e-12);
  EXPECT_EQ(run.results[4].reals()[0], -3247.834652034740);
  EXPECT_EQ(run.results[5].reals()[0], -6958.407078382297);
}

TEST(Ep, FailsTasksOfNoClassAndBeyondTheParts) {
  KernelRun run = ep("F", {0}, 256);
  ASSERT_EQ(run.failures.failures().size(), 1U);
  EXPECT_EQ(run.failures.failures()[0].reason, "class = \"F\" is none of S, W, A, B, C, D, E");
  KernelRun beyond = ep("S", {-1, 256}, 256);
  ASSERT_EQ(beyond.failures.failures().size(), 2U);
  EXPECT_EQ(beyond.failures.failures()[1].reason, "part = 256 is not below parts = 256");
}

TEST(Ep, ReturnsAtOnceWhenStopped) {
  KernelRun("ep").texts({"E"}).integers({0}).integers({1}).stop_requested().run();  // a quarter of an hour,
                                                                                    // else
}

}  // namespace
}  // namespace fanfold
