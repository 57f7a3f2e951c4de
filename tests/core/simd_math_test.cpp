// The SIMD elementary functions: special values, exact results, hard arguments, and the same bits on every
// target with FMA, in every lane and at every size. Needs fanfold::core only.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string>

#include "core/simd_math_functions.hpp"
#include "core/simd_target.hpp"

namespace fanfold {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double largest_real = std::numeric_limits<double>::max();
constexpr double smallest_real = std::numeric_limits<double>::denorm_min();
constexpr double pi = 0x1.921fb54442d18p+1;

/// Runs its body on every target, and leaves the best one behind.
class SimdMath : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { choose_simd_target(GetParam()); }
  void TearDown() override { choose_simd_target(simd_targets().front()); }
};

INSTANTIATE_TEST_SUITE_P(Targets, SimdMath, testing::ValuesIn(simd_targets()),
                         [](const auto& target) { return target.param; });

double call(const char* function, double x, double y = 1) {
  double result = 0;
  simd_function(function).run(&x, &y, &result, 1);
  return result;
}

/// Equal as C11, Annex F sees it: the sign of a zero counts, which NaN it is does not.
bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// The same, or both finite, not zero, and next to one another.
bool same_or_near(double a, double b) {
  const bool ordinary = std::isfinite(a) && std::isfinite(b) && a != 0 && b != 0;
  return same(a, b) || (ordinary && std::nextafter(a, b) == b);
}

struct SpecialValue {
  const char* function;
  double x;
  double expected;
};

// clang-format off
constexpr SpecialValue special_values[] = {
    {"Exp", 0, 1}, {"Exp", -0.0, 1}, {"Exp", inf, inf}, {"Exp", -inf, 0}, {"Exp", nan, nan},
    {"Exp", 709.8, inf}, {"Exp", -745.2, 0}, {"Exp", -745.1, smallest_real}, {"Exp", smallest_real, 1},
    {"Exp", largest_real, inf},
    {"Exp2", 0, 1}, {"Exp2", 1023, 0x1p1023}, {"Exp2", 1024, inf}, {"Exp2", -1074, smallest_real},
    {"Exp2", -1076, 0}, {"Exp2", inf, inf}, {"Exp2", -inf, 0}, {"Exp2", nan, nan},
    {"Expm1", 0, 0}, {"Expm1", -0.0, -0.0}, {"Expm1", smallest_real, smallest_real}, {"Expm1", inf, inf},
    {"Expm1", -inf, -1}, {"Expm1", 709.8, inf}, {"Expm1", nan, nan}, {"Expm1", -100, -1},
    {"Log", 1, 0}, {"Log", 0, -inf}, {"Log", -0.0, -inf}, {"Log", -1, nan}, {"Log", -inf, nan},
    {"Log", inf, inf}, {"Log", nan, nan}, {"Log", smallest_real, -0x1.74385446d71c3p+9},
    {"Log2", 1, 0}, {"Log2", 0, -inf}, {"Log2", -1, nan}, {"Log2", inf, inf}, {"Log2", nan, nan},
    {"Log2", smallest_real, -1074}, {"Log2", 0x1p-1022, -1022}, {"Log2", 0x1p1023, 1023}, {"Log2", 8, 3},
    {"Log10", 1, 0}, {"Log10", 0, -inf}, {"Log10", -1, nan}, {"Log10", inf, inf}, {"Log10", nan, nan},
    {"Log1p", 0, 0}, {"Log1p", -0.0, -0.0}, {"Log1p", -1, -inf}, {"Log1p", -1.5, nan}, {"Log1p", -inf, nan},
    {"Log1p", inf, inf}, {"Log1p", nan, nan}, {"Log1p", smallest_real, smallest_real},
    {"Log1p", largest_real, 0x1.62e42fefa39efp+9},
    {"Cbrt", 0, 0}, {"Cbrt", -0.0, -0.0}, {"Cbrt", inf, inf}, {"Cbrt", -inf, -inf}, {"Cbrt", nan, nan},
    {"Cbrt", -27, -3}, {"Cbrt", 0x1p-1074, 0x1p-358}, {"Cbrt", 0x1p1023, 0x1p341},
    {"Sin", 0, 0}, {"Sin", -0.0, -0.0}, {"Sin", inf, nan}, {"Sin", -inf, nan}, {"Sin", nan, nan},
    {"Sin", smallest_real, smallest_real},
    {"Cos", 0, 1}, {"Cos", -0.0, 1}, {"Cos", inf, nan}, {"Cos", nan, nan},
    {"Tan", 0, 0}, {"Tan", -0.0, -0.0}, {"Tan", inf, nan}, {"Tan", nan, nan}, {"Tan", -smallest_real, -smallest_real},
    {"Asin", 0, 0}, {"Asin", -0.0, -0.0}, {"Asin", 1, pi / 2}, {"Asin", -1, -pi / 2}, {"Asin", 1.5, nan},
    {"Asin", -inf, nan}, {"Asin", nan, nan}, {"Asin", smallest_real, smallest_real},
    {"Acos", 1, 0}, {"Acos", -1, pi}, {"Acos", 0, pi / 2}, {"Acos", -0.0, pi / 2}, {"Acos", 1.5, nan},
    {"Acos", -1.5, nan}, {"Acos", nan, nan},
    {"Atan", 0, 0}, {"Atan", -0.0, -0.0}, {"Atan", inf, pi / 2}, {"Atan", -inf, -pi / 2},
    {"Atan", nan, nan}, {"Atan", 1, pi / 4}, {"Atan", -smallest_real, -smallest_real}, {"Atan", largest_real, pi / 2},
    {"Sinh", 0, 0}, {"Sinh", -0.0, -0.0}, {"Sinh", inf, inf}, {"Sinh", -inf, -inf}, {"Sinh", nan, nan},
    {"Sinh", 710.5, inf}, {"Sinh", smallest_real, smallest_real},
    {"Cosh", 0, 1}, {"Cosh", -0.0, 1}, {"Cosh", inf, inf}, {"Cosh", -inf, inf}, {"Cosh", nan, nan},
    {"Cosh", -710.5, inf},
    {"Tanh", 0, 0}, {"Tanh", -0.0, -0.0}, {"Tanh", inf, 1}, {"Tanh", -inf, -1}, {"Tanh", nan, nan},
    {"Tanh", 20, 1}, {"Tanh", -smallest_real, -smallest_real},
    {"Asinh", 0, 0}, {"Asinh", -0.0, -0.0}, {"Asinh", inf, inf}, {"Asinh", -inf, -inf}, {"Asinh", nan, nan},
    {"Asinh", largest_real, 0x1.633ce8fb9f87ep+9},
    {"Acosh", 1, 0}, {"Acosh", 0.5, nan}, {"Acosh", -inf, nan}, {"Acosh", inf, inf}, {"Acosh", nan, nan},
    {"Acosh", largest_real, 0x1.633ce8fb9f87ep+9},
    {"Atanh", 0, 0}, {"Atanh", -0.0, -0.0}, {"Atanh", 1, inf}, {"Atanh", -1, -inf}, {"Atanh", 1.5, nan},
    {"Atanh", inf, nan}, {"Atanh", nan, nan}, {"Atanh", smallest_real, smallest_real},
    {"Erf", 0, 0}, {"Erf", -0.0, -0.0}, {"Erf", inf, 1}, {"Erf", -inf, -1}, {"Erf", nan, nan},
    {"Erf", 7, 1},
    {"Erfc", 0, 1}, {"Erfc", inf, 0}, {"Erfc", -inf, 2}, {"Erfc", nan, nan}, {"Erfc", 28, 0},
    {"Erfc", -28, 2},
    {"Gamma", 0, inf}, {"Gamma", -0.0, -inf}, {"Gamma", -1, nan}, {"Gamma", -0x1p60, nan},
    {"Gamma", inf, inf}, {"Gamma", -inf, nan}, {"Gamma", nan, nan}, {"Gamma", 172, inf},
    {"Gamma", -200.5, -0.0}, {"Gamma", smallest_real, inf}, {"Gamma", -smallest_real, -inf},
    {"Gamma", 0.5, 0x1.c5bf891b4ef6bp+0},
    {"LogGamma", 1, 0}, {"LogGamma", 2, 0}, {"LogGamma", 0, inf}, {"LogGamma", -0.0, inf},
    {"LogGamma", -3, inf}, {"LogGamma", inf, inf}, {"LogGamma", -inf, inf}, {"LogGamma", nan, nan},
    {"LogGamma", largest_real, inf}, {"LogGamma", -0x1p60, inf}, {"LogGamma", smallest_real, 0x1.74385446d71c3p+9},
    {"LogGamma", -smallest_real, 0x1.74385446d71c3p+9},
};
// clang-format on

TEST_P(SimdMath, SpecialValuesOfOneArgument) {
  for (const SpecialValue& value : special_values) {
    EXPECT_PRED2(same, call(value.function, value.x), value.expected)
        << value.function << "(" << value.x << ")";
  }
}

TEST_P(SimdMath, SpecialValuesOfTwoArgumentsAreThoseOfLibm) {
  const double values[] = {
      0.0, -0.0,  1.0,    -1.0,   2.0,           -2.0,           3.0,          -3.0,          0.5,  -0.5,
      1e9, inf,   -inf,   nan,    smallest_real, -smallest_real, largest_real, -largest_real, 1e17, 1e18,
      0.1, 1e300, -1e300, 0x1p53, -0x1p53,       0x1p53 - 1,     -0x1p53 + 1};
  for (const double x : values) {
    for (const double y : values) {
      EXPECT_PRED2(same_or_near, call("Pow", x, y), std::pow(x, y)) << x << "^" << y;
      EXPECT_PRED2(same_or_near, call("Hypot", x, y), std::hypot(x, y)) << x << ", " << y;
      EXPECT_PRED2(same_or_near, call("Atan2", y, x), std::atan2(y, x)) << y << ", " << x;
    }
  }
}

TEST_P(SimdMath, ExactResultsAreExact) {
  double factorial = 1;
  for (int n = 1; n <= 22; ++n) {
    EXPECT_EQ(call("Gamma", n), factorial) << n;
    factorial *= n;
  }
  double power_of_ten = 1;
  for (int n = 0; n <= 22; ++n) {
    EXPECT_EQ(call("Log10", power_of_ten), n);
    EXPECT_EQ(call("Pow", 10, n), power_of_ten);
    power_of_ten *= 10;
  }
  for (int n = -1074; n <= 1023; ++n) {
    EXPECT_EQ(call("Exp2", n), std::ldexp(1.0, n));
    EXPECT_EQ(call("Log2", std::ldexp(1.0, n)), n);
    EXPECT_EQ(call("Pow", 2, n), std::ldexp(1.0, n));
  }
  for (int n = 0; n <= 1000; ++n) {
    EXPECT_EQ(call("Cbrt", static_cast<double>(n) * n * n), n);
    EXPECT_EQ(call("Hypot", 3.0 * n, -4.0 * n), 5.0 * n);
    EXPECT_EQ(call("Pow", n, 2), static_cast<double>(n) * n);
    EXPECT_EQ(call("Pow", -n, 3), -static_cast<double>(n) * n * n);
  }
}

TEST_P(SimdMath, AnglesNextToMultiplesOfARightAngleKeepTheirPrecision) {
  // The double nearest to a multiple of pi/2 of all (Muller: Elementary functions, 3rd ed., 2016,
  // section 11.3).
  const double hardest = std::ldexp(6381956970095103.0, 797);
  std::vector<double> angles = {hardest, -hardest, largest_real, 0x1p40, -0x1p40, std::nextafter(0x1p40, 0)};
  for (double n = 1; n < 1e15; n = std::ceil(n * 1.37)) angles.push_back(n * (pi / 2));
  for (const double angle : angles) {
    for (const auto& [name, exact] : {std::pair{"Sin", std::sin(static_cast<long double>(angle))},
                                      std::pair{"Cos", std::cos(static_cast<long double>(angle))},
                                      std::pair{"Tan", std::tan(static_cast<long double>(angle))}}) {
      const double unit = std::fabs(static_cast<double>(exact)) * 0x1p-52;
      EXPECT_NEAR(call(name, angle), static_cast<double>(exact), unit) << name << " " << angle;
    }
  }
}

TEST_P(SimdMath, LogGammaToTheLeftHasItsAbsoluteError) {
  for (double x = -0.0013; x > -180; x -= 0.00917) {
    const long double exact = std::lgamma(static_cast<long double>(x));
    const double error =
        static_cast<double>(std::fabs(static_cast<long double>(call("LogGamma", x)) - exact));
    EXPECT_LE(error, 0x1p-52 * std::fmax(1.0, std::fabs(static_cast<double>(exact)))) << x;
  }
}

/// Arguments of every kind: all magnitudes, small numbers, and every twentieth a special value.
std::vector<double> arguments(std::size_t count, std::uint64_t seed) {
  const double specials[] = {0.0,           -0.0,           1.0,          -1.0, inf, -inf, nan,
                             smallest_real, -smallest_real, largest_real, 0.5,  -2.0};
  std::vector<double> values(count);
  std::uint64_t state = seed;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX generator
    const std::uint64_t bits = state ^ state >> 29;
    switch (i % 20) {
      case 0:
        values[i] = specials[bits % std::size(specials)];
        break;
      case 1:
      case 2:
        values[i] = std::bit_cast<double>(bits);
        break;
      default:
        values[i] = static_cast<double>(static_cast<std::int64_t>(bits)) * (i % 2 == 0 ? 0x1p-62 : 0x1p-57);
    }
  }
  return values;
}

std::uint64_t hash(const std::vector<double>& values) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, by words; all NaN are alike
  for (const double value : values) {
    hash = (hash ^ std::bit_cast<std::uint64_t>(std::isnan(value) ? nan : value)) * 0x100000001b3;
    hash ^= hash >> 32;
  }
  return hash;
}

/// What 10^5 results of each function hash to: the bits that every target with FMA gives, with every
/// compiler. They change only with the functions themselves, and then results of earlier versions are no
/// longer reproduced.
const std::map<std::string, std::uint64_t> known_hashes = {
    {"Exp", 0x7c33551438d765ad},   {"Exp2", 0xdb719bf050988ed5},  {"Expm1", 0x3148bea36adac02b},
    {"Log", 0x1e62221884d1814a},   {"Log2", 0x1276ed37d32847b7},  {"Log10", 0x5dc2176528875b2c},
    {"Log1p", 0xd1bfa176f02f692d}, {"Pow", 0x19f2d0bf640ce154},   {"Cbrt", 0x9c6add9b928a39ef},
    {"Hypot", 0xcae9afb73eafb668}, {"Sin", 0x289bfed99f896a89},   {"Cos", 0xf7bf8b573fdf0bb3},
    {"Tan", 0xfaf4f44139f4d782},   {"Asin", 0x293050e5bbfdb976},  {"Acos", 0xa3d52b5157d529b4},
    {"Atan", 0xf6740c3a91d3344c},  {"Atan2", 0x5b518e3b3bb3a18d}, {"Sinh", 0xc15f415c1e1c83cf},
    {"Cosh", 0x78a06d243dfda2b4},  {"Tanh", 0xce91ea94c05593ea},  {"Asinh", 0xcd2006df14fa4538},
    {"Acosh", 0xef2508c981aa65ae}, {"Atanh", 0xe51c95d9168025ec}, {"Erf", 0x499d38e6d3cde5cf},
    {"Erfc", 0xdba8b8fa33121192},  {"Gamma", 0x5cd0ea1bf1b7dfd8}, {"LogGamma", 0x81aea164a99ac746}};

TEST_P(SimdMath, TargetsWithFusedMultiplyAddGiveTheKnownBits) {
  if (!has_fused_multiply_add(GetParam())) GTEST_SKIP() << "no FMA: the last bit may differ";
  const std::vector<double> x = arguments(100'000, 1);
  const std::vector<double> y = arguments(100'000, 2);
  std::vector<double> results(x.size());
  for (const SimdFunction& function : simd_functions()) {
    function.run(x.data(), y.data(), results.data(), x.size());
    const auto known = known_hashes.find(function.name);
    EXPECT_NE(known, known_hashes.end()) << function.name;
    EXPECT_EQ(hash(results), known == known_hashes.end() ? 0 : known->second)
        << function.name << std::hex << ": 0x" << hash(results);
  }
}

TEST_P(SimdMath, AResultDependsNeitherOnItsLaneNorOnItsNeighboursNorOnTheSize) {
  constexpr std::size_t most = 40;  // more than two vectors of any target
  const std::vector<double> x = arguments(400, 3);
  const std::vector<double> y = arguments(400, 4);
  for (const SimdFunction& function : simd_functions()) {
    std::vector<double> alone(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) function.run(&x[i], &y[i], &alone[i], 1);
    for (std::size_t size = 0; size <= most; ++size) {
      const std::size_t offset = size * 7;
      std::vector<double> results(most + 1, 12345.0);
      function.run(&x[offset], &y[offset], results.data(), size);
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_PRED2(same, results[i], alone[offset + i]) << function.name << " " << i << " of " << size;
      }
      EXPECT_EQ(results[size], 12345.0) << function.name << " writes beyond its end";
    }
  }
}

}  // namespace
}  // namespace fanfold
