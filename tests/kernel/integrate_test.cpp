// The kernel `integrate` against integrals that are known.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/simd_target.hpp"
#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

struct Case {
  std::string f;
  double from, to;
  double expected;
};

struct Constants {
  double a = 0, b = 0, c = 0;
};

KernelRun integrated(const std::string& f, double from, double to, std::int64_t samples,
                     double tolerance = 1e-10, Constants constants = {}) {
  KernelRun run("integrate");
  run.texts({f}).reals({from}).reals({to}).integers({samples}).reals({tolerance});
  run.reals({constants.a}).reals({constants.b}).reals({constants.c}).random({5, 6}).run();
  return run;
}

std::string reason_of(const KernelRun& run) {
  return run.failures.any() ? run.failures.failures()[0].reason : "no failure";
}

TEST(Integrate, AdaptsToTheIntegrand) {
  const double pi = std::acos(-1.0);
  const Case cases[] = {{"exp(-x^2)", 0, 1, std::sqrt(pi) / 2 * std::erf(1.0)},
                        {"sqrt(x)", 0, 1, 2.0 / 3},
                        {"1 / (1 + x^2)", -1000, 1000, 2 * std::atan(1000.0)},
                        {"sin(50 * x1)", 0, pi, 0},
                        {"abs(x - 1/3)", 0, 1, 5.0 / 18},
                        {"x^14", 0, 2, std::pow(2, 15) / 15},
                        {"7", 1, 4, 21},
                        {"int(x > 0.5) * 2", 0, 1, 1},
                        {"log(x)", 0, 1, -1}};
  on_every_target([&] {
    for (const Case& each : cases) {
      KernelRun run = integrated(each.f, each.from, each.to, 0);
      ASSERT_FALSE(run.failures.any()) << each.f << ": " << reason_of(run);
      EXPECT_NEAR(run.results[0].reals()[0], each.expected, 1e-9) << each.f;
      EXPECT_LE(run.results[1].reals()[0], 1e-10) << each.f;
      EXPECT_EQ(run.results[2].integers()[0] % 15, 0);
    }
    EXPECT_EQ(integrated("x^13", 0, 2, 0).results[2].integers()[0], 15) << "exact by both rules";
    EXPECT_EQ(integrated("x", 3, 3, 0).results[0].reals()[0], 0);
  });
}

TEST(Integrate, ConstantsAreParameters) {
  KernelRun run = integrated("a * x^2 + b * x + c", 0, 3, 0, 1e-10, {1, 2, 3});
  EXPECT_NEAR(run.results[0].reals()[0], 9 + 9 + 9, 1e-12);
}

TEST(Integrate, ByChanceIsWithinItsError) {
  const Case cases[] = {{"exp(-x^2)", 0, 1, 0.74682413281242702540},
                        {"x1 * x2", 0, 2, 4},
                        {"x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10", 0, 1, 5},
                        {"x1^2 + x2^2 + x3^2 <= 1", -1, 1, 4.18879020478639098462}};
  for (const Case& each : cases) {
    KernelRun run = integrated(each.f, each.from, each.to, 200'000);
    ASSERT_FALSE(run.failures.any()) << each.f << ": " << reason_of(run);
    const double error = run.results[1].reals()[0];
    EXPECT_LT(std::abs(run.results[0].reals()[0] - each.expected), 4 * error) << each.f;
    EXPECT_LT(error, 0.02) << each.f;
    EXPECT_EQ(run.results[2].integers()[0], 200'000);
  }
}

TEST(Integrate, PointsAreThoseOfTheDefinition) {
  // Coordinate j of point i is number 3·i + j of the stream.
  const RandomStream random({5, 6}, 0);
  for (const std::int64_t samples : {1, 2, 3, 1023, 1024, 1025, 2049}) {
    long double sum = 0;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(samples); ++i) {
      double x[3];
      for (std::uint64_t j = 0; j < 3; ++j) {
        const RandomBlock words = random.block((3 * i + j) / 2);
        const std::size_t half = (3 * i + j) % 2 * 2;
        x[j] = static_cast<double>((std::uint64_t{words[half + 1]} << 32 | words[half]) >> 11) * 0x1p-53;
      }
      sum += static_cast<long double>(x[0]) - x[1] * x[2];
    }
    on_every_target([&] {
      KernelRun run = integrated("x1 - x2 * x3", 0, 1, samples);
      EXPECT_NEAR(run.results[0].reals()[0], static_cast<double>(sum / samples), 1e-14) << samples;
      EXPECT_EQ(std::isnan(run.results[1].reals()[0]), samples == 1);
    });
  }
}

TEST(Integrate, SaysWhatIsWrong) {
  EXPECT_EQ(reason_of(integrated("x1 * x2", 0, 1, 0)), "f has 2 dimensions: give `samples`");
  EXPECT_EQ(reason_of(integrated("2 * y", 0, 1, 0)), "f, column 5: unknown name 'y'");
  EXPECT_EQ(reason_of(integrated("2 *", 0, 1, 0)).substr(0, 11), "f, column 4");
  EXPECT_EQ(reason_of(integrated("'text'", 0, 1, 0)), "f, column 1: a number is needed, not a text");
  EXPECT_EQ(reason_of(integrated("x", 1, 0, 0)), "from and to must be finite, to not below from");
  EXPECT_EQ(reason_of(integrated("x", 0, std::numeric_limits<double>::infinity(), 5)),
            "from and to must be finite, to not below from");
  EXPECT_EQ(reason_of(integrated("1 / (x - x)", 0, 1, 0)), "f is not finite in [from, to]");
  EXPECT_EQ(reason_of(integrated("1 / (x - x)", 0, 1, 10)), "f is not finite at every point");
  EXPECT_EQ(reason_of(integrated("7 % int(0 * x)", 0, 1, 0)), "division by zero in '7 % int(0 * x)'");
}

TEST(Integrate, ReturnsAtOnceWhenStopped) {
  KernelRun run("integrate");
  run.texts({"x"})
      .reals({0})
      .reals({1})
      .integers({std::int64_t{1} << 60})
      .reals({0})
      .reals({0})
      .reals({0})
      .reals({0});
  run.stop_requested().run();
}

}  // namespace
}  // namespace fanfold
