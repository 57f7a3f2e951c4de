// The kernel `black_scholes` against the formula in long doubles, and against chance.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/simd_target.hpp"
#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

struct Option {
  double spot, strike, rate, volatility, years;
};

KernelRun priced(const std::vector<Option>& options, std::int64_t paths = 0) {
  KernelRun run("black_scholes");
  for (double Option::*member :
       {&Option::spot, &Option::strike, &Option::rate, &Option::volatility, &Option::years}) {
    std::vector<double> column;
    for (const Option& option : options) column.push_back(option.*member);
    run.reals(column);
  }
  run.integers(std::vector<std::int64_t>(options.size(), paths)).random({3, 4}).run();
  return run;
}

long double normal_below(long double d) { return std::erfc(-d / std::sqrt(2.0L)) / 2; }

long double call_value(const Option& o, bool put = false) {
  const long double deviation =
      static_cast<long double>(o.volatility) * std::sqrt(static_cast<long double>(o.years));
  const long double d1 = (std::log(static_cast<long double>(o.spot) / o.strike) +
                          (o.rate + static_cast<long double>(o.volatility) * o.volatility / 2) * o.years) /
                         deviation;
  const long double d2 = d1 - deviation;
  const long double discounted = o.strike * std::exp(-static_cast<long double>(o.rate) * o.years);
  if (put) return discounted * normal_below(-d2) - o.spot * normal_below(-d1);
  return o.spot * normal_below(d1) - discounted * normal_below(d2);
}

std::vector<Option> grid() {
  std::vector<Option> options;
  for (const double spot : {50.0, 99.5, 100.0, 163.0})
    for (const double rate : {-0.01, 0.0, 0.05})
      for (const double volatility : {0.05, 0.2, 0.9})
        for (const double years : {0.01, 1.0, 10.0}) options.push_back({spot, 100, rate, volatility, years});
  return options;
}

TEST(BlackScholes, TheClosedFormIsThatOfLongDoubles) {
  const std::vector<Option> all = grid();
  on_every_target([&] {
    for (const std::size_t size : {1U, 7U, 8U, 9U, 108U}) {
      const std::vector<Option> options(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
      KernelRun run = priced(options);
      ASSERT_FALSE(run.failures.any());
      for (std::size_t i = 0; i < size; ++i) {
        const double scale = options[i].spot + options[i].strike;
        EXPECT_NEAR(run.results[0].reals()[i], static_cast<double>(call_value(options[i])), 1e-14 * scale);
        EXPECT_NEAR(run.results[1].reals()[i], static_cast<double>(call_value(options[i], true)),
                    1e-14 * scale);
        EXPECT_TRUE(std::isnan(run.results[2].reals()[i])) << "no paths";
      }
    }
  });
}

TEST(BlackScholes, WithoutUncertaintyAnOptionPaysItsDifference) {
  on_every_target([] {
    KernelRun run = priced({{100, 90, 0, 0, 1}, {100, 90, 0, 0.2, 0}, {100, 100, 0, 0, 0}}, 1000);
    const double calls[] = {10, 10, 0};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(run.results[0].reals()[i], calls[i]);
      EXPECT_EQ(run.results[1].reals()[i], 0);
      EXPECT_EQ(run.results[2].reals()[i], calls[i]) << "every path";
      EXPECT_EQ(run.results[3].reals()[i], 0);
    }
  });
}

TEST(BlackScholes, PathsAgreeWithTheClosedForm) {
  KernelRun run =
      priced({{100, 90, 0.03, 0.3, 2}, {100, 100, 0.0, 0.1, 0.5}, {100, 130, 0.01, 0.5, 1}}, 400'000);
  for (std::size_t i = 0; i < 3; ++i) {
    const double call_error = run.results[3].reals()[i], put_error = run.results[5].reals()[i];
    EXPECT_LT(std::abs(run.results[2].reals()[i] - run.results[0].reals()[i]), 4 * call_error);
    EXPECT_LT(std::abs(run.results[4].reals()[i] - run.results[1].reals()[i]), 4 * put_error);
    EXPECT_GT(call_error, 0.001);
    EXPECT_LT(call_error, 0.2);
  }
}

/// The paths as the documentation defines them, in the C library's arithmetic.
double reference_call(const Option& option, std::uint64_t paths) {
  const RandomStream random({3, 4}, 0);
  long double sum = 0;
  for (std::uint64_t path = 0; path < paths; ++path) {
    const RandomBlock words = random.block(path / 2);
    const double u = static_cast<double>((std::uint64_t{words[1]} << 32 | words[0]) >> 11) * 0x1p-53;
    const double v = static_cast<double>((std::uint64_t{words[3]} << 32 | words[2]) >> 11) * 0x1p-53;
    const double angle = 2 * 3.14159265358979323846 * v;
    const double normal =
        std::sqrt(-2 * std::log(1 - u)) * (path % 2 == 0 ? std::cos(angle) : std::sin(angle));
    const double end =
        option.spot * std::exp((option.rate - option.volatility * option.volatility / 2) * option.years +
                               option.volatility * std::sqrt(option.years) * normal);
    sum += std::max(end - option.strike, 0.0);
  }
  return std::exp(-option.rate * option.years) * static_cast<double>(sum / static_cast<long double>(paths));
}

TEST(BlackScholes, PathsAreThoseOfTheDefinition) {
  const Option option{100, 95, 0.02, 0.25, 1.5};
  on_every_target([&] {
    for (const std::int64_t paths : {1, 2, 15, 16, 17, 1023, 1024, 1025, 5000}) {
      KernelRun run = priced({option}, paths);
      const double expected = reference_call(option, static_cast<std::uint64_t>(paths));
      EXPECT_NEAR(run.results[2].reals()[0], expected, 1e-11) << paths;
      EXPECT_EQ(std::isnan(run.results[3].reals()[0]), paths < 2);
    }
  });
}

TEST(BlackScholes, GivesTheSameBitsOnTargetsWithFma) {
  std::vector<double> first;
  on_every_target([&] {
    if (!has_fused_multiply_add(simd_target())) return;
    KernelRun run = priced(grid(), 100);
    std::vector<double> all;
    for (ColumnBuffer& result : run.results)
      all.insert(all.end(), result.reals().begin(), result.reals().end());
    if (first.empty()) first = all;
    EXPECT_EQ(all, first);
  });
}

TEST(BlackScholes, FailsTasksThatHaveNoPrice) {
  KernelRun run =
      priced({{0, 100, 0, 0.2, 1}, {100, 0, 0, 0.2, 1}, {100, 100, 0, -0.2, 1}, {100, 90, 0, 0.2, 1}});
  EXPECT_TRUE(run.failures.failed(0));
  EXPECT_TRUE(run.failures.failed(1));
  EXPECT_TRUE(run.failures.failed(2));
  EXPECT_FALSE(run.failures.failed(3));
}

}  // namespace
}  // namespace fanfold
