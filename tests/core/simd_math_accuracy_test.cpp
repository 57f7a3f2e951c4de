// The SIMD elementary functions against the long double ones of libm: the documented error bounds hold on
// every target. Needs fanfold::core only.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>

#include "core/simd_math_functions.hpp"
#include "core/simd_target.hpp"

namespace fanfold {
namespace {

static_assert(std::numeric_limits<long double>::digits >= 64,
              "the reference needs more digits than a double");

constexpr std::size_t sampled_arguments = 20'000;

using Reference = long double (*)(long double, long double);

/// How arguments are drawn: evenly between two limits; with even logarithms between two positive limits, and
/// either sign; or with any bits.
enum class Draw { even, any_size, any_bits };

struct Limits {
  Draw draw = Draw::any_bits;
  double from = 0;
  double to = 0;
};

struct AccuracyCase {
  const char* function;
  Reference reference;
  double bound;  ///< in ULP, as the function documents it; where the result is subnormal, half a unit more
  Limits x;
  Limits y = {};
};

std::ostream& operator<<(std::ostream& out, const AccuracyCase& c) {
  return out << c.function << " from " << c.x.from << " to " << c.x.to;
}

/// A generator of its own (Steele, Lea, Flood: SplitMix, 2014), as its numbers are to be the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  double draw(const Limits& limits) {
    const std::uint64_t bits = next();
    if (limits.draw == Draw::any_bits) return std::bit_cast<double>(bits);
    const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
    if (limits.draw == Draw::even) return limits.from + (limits.to - limits.from) * unit;
    // Even steps of the bit pattern are nearly even steps of the logarithm.
    const double from = static_cast<double>(std::bit_cast<std::uint64_t>(limits.from));
    const double to = static_cast<double>(std::bit_cast<std::uint64_t>(limits.to));
    const double size =
        std::bit_cast<double>(static_cast<std::uint64_t>(from + (to - from) * unit) ^ (bits & 0x7ff));
    return (next() & 1) != 0 ? -size : size;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::uint64_t state_;
};

/// The distance of a result from the exact one, in units in the last place of the latter; infinite if one is
/// a NaN or an infinity and the other is not. Overflow is judged by the exact result, rounded.
double error_in_ulp(double result, long double exact) {
  const double rounded = static_cast<double>(exact);
  if (std::isnan(result) || std::isnan(rounded)) {
    return std::isnan(result) == std::isnan(rounded) ? 0 : std::numeric_limits<double>::infinity();
  }
  if (std::isinf(result) || std::isinf(rounded)) {
    return result == rounded ? 0 : std::numeric_limits<double>::infinity();
  }
  int exponent = -1100;
  if (rounded != 0) std::frexp(rounded, &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::fabs(static_cast<long double>(result) - exact) / unit);
}

class SimdAccuracy : public testing::TestWithParam<AccuracyCase> {
 protected:
  void TearDown() override { choose_simd_target(simd_targets().front()); }
};

TEST_P(SimdAccuracy, StaysWithinItsBoundOnEveryTarget) {
  const AccuracyCase& c = GetParam();
  Random random(2024);
  std::vector<double> x(sampled_arguments);
  std::vector<double> y(sampled_arguments);
  std::vector<long double> exact(sampled_arguments);
  for (std::size_t i = 0; i < sampled_arguments; ++i) {
    x[i] = random.draw(c.x);
    y[i] = random.draw(c.y);
    exact[i] = c.reference(x[i], y[i]);
  }
  std::vector<double> results(sampled_arguments);
  for (const std::string& target : simd_targets()) {
    choose_simd_target(target);
    simd_function(c.function).run(x.data(), y.data(), results.data(), sampled_arguments);
    double worst = 0;
    for (std::size_t i = 0; i < sampled_arguments; ++i) {
      const bool subnormal = std::fabs(exact[i]) < std::numeric_limits<double>::min();
      const double error = error_in_ulp(results[i], exact[i]);
      ASSERT_LE(error, c.bound + (subnormal ? 0.5 : 0.0))
          << target << ": " << std::hexfloat << x[i] << ", " << y[i] << " gives " << results[i];
      worst = std::max(worst, error);
    }
    EXPECT_GT(worst, 0.3) << "so small an error says that the reference is no better than the function";
    RecordProperty(target, std::to_string(worst));
  }
}

#define FANFOLD_ONE(f) [](long double x, long double) -> long double { return f(x); }
#define FANFOLD_TWO(f) [](long double x, long double y) -> long double { return f(x, y); }

constexpr Limits any = {};
constexpr Limits even(double from, double to) { return {Draw::even, from, to}; }
constexpr Limits sized(double from, double to) { return {Draw::any_size, from, to}; }

INSTANTIATE_TEST_SUITE_P(
    ExponentialsAndLogarithms, SimdAccuracy,
    testing::Values(AccuracyCase{"Exp", FANFOLD_ONE(std::exp), 0.65, even(-708, 710)},
                    AccuracyCase{"Exp", FANFOLD_ONE(std::exp), 0.65, even(-1, 1)},
                    AccuracyCase{"Exp", FANFOLD_ONE(std::exp), 0.65, even(-746, -700)},
                    AccuracyCase{"Exp", FANFOLD_ONE(std::exp), 0.65, any},
                    AccuracyCase{"Exp2", FANFOLD_ONE(std::exp2), 0.65, even(-1076, 1025)},
                    AccuracyCase{"Exp2", FANFOLD_ONE(std::exp2), 0.65, even(-1, 1)},
                    AccuracyCase{"Expm1", FANFOLD_ONE(std::expm1), 1, even(-1, 1)},
                    AccuracyCase{"Expm1", FANFOLD_ONE(std::expm1), 1, sized(0x1p-60, 710)},
                    AccuracyCase{"Log", FANFOLD_ONE(std::log), 0.7, even(0.5, 2)},
                    AccuracyCase{"Log", FANFOLD_ONE(std::log), 0.7, even(0.99, 1.01)},
                    AccuracyCase{"Log", FANFOLD_ONE(std::log), 0.7, any},
                    AccuracyCase{"Log2", FANFOLD_ONE(std::log2), 0.8, even(0.5, 2)},
                    AccuracyCase{"Log2", FANFOLD_ONE(std::log2), 0.8, any},
                    AccuracyCase{"Log10", FANFOLD_ONE(std::log10), 0.75, even(0.5, 2)},
                    AccuracyCase{"Log10", FANFOLD_ONE(std::log10), 0.75, any},
                    AccuracyCase{"Log1p", FANFOLD_ONE(std::log1p), 0.7, even(-0.99, 2)},
                    AccuracyCase{"Log1p", FANFOLD_ONE(std::log1p), 0.7, any}));

INSTANTIATE_TEST_SUITE_P(
    PowersAndRoots, SimdAccuracy,
    testing::Values(AccuracyCase{"Pow", FANFOLD_TWO(std::pow), 0.8, even(0.5, 2), even(-1060, 1060)},
                    AccuracyCase{"Pow", FANFOLD_TWO(std::pow), 0.8, even(0.99, 1.01), even(-70000, 70000)},
                    AccuracyCase{"Pow", FANFOLD_TWO(std::pow), 0.8, sized(0x1p-1074, 0x1p1023), even(-2, 2)},
                    AccuracyCase{"Pow", FANFOLD_TWO(std::pow), 0.8, sized(0.01, 100), sized(0.01, 160)},
                    AccuracyCase{"Cbrt", FANFOLD_ONE(std::cbrt), 0.52, even(-8, 8)},
                    AccuracyCase{"Cbrt", FANFOLD_ONE(std::cbrt), 0.52, any},
                    AccuracyCase{"Hypot", FANFOLD_TWO(std::hypot), 0.51, even(-1, 1), even(-1, 1)},
                    AccuracyCase{"Hypot", FANFOLD_TWO(std::hypot), 0.51, sized(0x1p-1074, 0x1p-1000),
                                 sized(0x1p-1074, 0x1p-1000)},
                    AccuracyCase{"Hypot", FANFOLD_TWO(std::hypot), 0.51, sized(0x1p1000, 0x1p1023),
                                 sized(0x1p1000, 0x1p1023)}));

INSTANTIATE_TEST_SUITE_P(
    Trigonometric, SimdAccuracy,
    testing::Values(AccuracyCase{"Sin", FANFOLD_ONE(std::sin), 0.85, even(-10, 10)},
                    AccuracyCase{"Sin", FANFOLD_ONE(std::sin), 0.85, sized(0x1p-40, 0x1p50)},
                    AccuracyCase{"Sin", FANFOLD_ONE(std::sin), 0.85, any},
                    AccuracyCase{"Cos", FANFOLD_ONE(std::cos), 0.85, even(-10, 10)},
                    AccuracyCase{"Cos", FANFOLD_ONE(std::cos), 0.85, sized(0x1p-40, 0x1p50)},
                    AccuracyCase{"Cos", FANFOLD_ONE(std::cos), 0.85, any},
                    AccuracyCase{"Tan", FANFOLD_ONE(std::tan), 1.1, even(-10, 10)},
                    AccuracyCase{"Tan", FANFOLD_ONE(std::tan), 1.1, sized(0x1p-40, 0x1p50)},
                    AccuracyCase{"Tan", FANFOLD_ONE(std::tan), 1.1, any},
                    AccuracyCase{"Asin", FANFOLD_ONE(std::asin), 0.7, even(-1, 1)},
                    AccuracyCase{"Asin", FANFOLD_ONE(std::asin), 0.7, sized(0x1p-40, 1)},
                    AccuracyCase{"Acos", FANFOLD_ONE(std::acos), 0.7, even(-1, 1)},
                    AccuracyCase{"Acos", FANFOLD_ONE(std::acos), 0.7, even(0.999, 1)},
                    AccuracyCase{"Atan", FANFOLD_ONE(std::atan), 0.7, even(-5, 5)},
                    AccuracyCase{"Atan", FANFOLD_ONE(std::atan), 0.7, any},
                    AccuracyCase{"Atan2", FANFOLD_TWO(std::atan2), 0.9, even(-1, 1), even(-1, 1)},
                    AccuracyCase{"Atan2", FANFOLD_TWO(std::atan2), 0.9, any, any}));

INSTANTIATE_TEST_SUITE_P(
    Hyperbolic, SimdAccuracy,
    testing::Values(AccuracyCase{"Sinh", FANFOLD_ONE(std::sinh), 0.9, even(-3, 3)},
                    AccuracyCase{"Sinh", FANFOLD_ONE(std::sinh), 0.9, sized(0x1p-40, 711)},
                    AccuracyCase{"Cosh", FANFOLD_ONE(std::cosh), 0.65, even(-3, 3)},
                    AccuracyCase{"Cosh", FANFOLD_ONE(std::cosh), 0.65, sized(0x1p-40, 711)},
                    AccuracyCase{"Tanh", FANFOLD_ONE(std::tanh), 0.9, even(-3, 3)},
                    AccuracyCase{"Tanh", FANFOLD_ONE(std::tanh), 0.9, sized(0x1p-40, 22)},
                    AccuracyCase{"Asinh", FANFOLD_ONE(std::asinh), 0.7, even(-3, 3)},
                    AccuracyCase{"Asinh", FANFOLD_ONE(std::asinh), 0.7, any},
                    AccuracyCase{"Acosh", FANFOLD_ONE(std::acosh), 0.7, even(1, 3)},
                    AccuracyCase{"Acosh", FANFOLD_ONE(std::acosh), 0.7, sized(1, 0x1p1023)},
                    AccuracyCase{"Atanh", FANFOLD_ONE(std::atanh), 0.7, even(-1, 1)},
                    AccuracyCase{"Atanh", FANFOLD_ONE(std::atanh), 0.7, sized(0x1p-40, 1)}));

INSTANTIATE_TEST_SUITE_P(ErrorFunctionAndGamma, SimdAccuracy,
                         testing::Values(AccuracyCase{"Erf", FANFOLD_ONE(std::erf), 1.9, even(-1, 1)},
                                         AccuracyCase{"Erf", FANFOLD_ONE(std::erf), 1.9, even(-6, 6)},
                                         AccuracyCase{"Erf", FANFOLD_ONE(std::erf), 1.9, any},
                                         AccuracyCase{"Erfc", FANFOLD_ONE(std::erfc), 2.2, even(-6, 28)},
                                         AccuracyCase{"Erfc", FANFOLD_ONE(std::erfc), 2.2, even(0.3, 2)},
                                         AccuracyCase{"Erfc", FANFOLD_ONE(std::erfc), 2.2, even(26, 28)},
                                         AccuracyCase{"Gamma", FANFOLD_ONE(std::tgamma), 1, even(-5, 5)},
                                         AccuracyCase{"Gamma", FANFOLD_ONE(std::tgamma), 1, even(-186, 172)},
                                         AccuracyCase{"Gamma", FANFOLD_ONE(std::tgamma), 1, any},
                                         AccuracyCase{"LogGamma", FANFOLD_ONE(std::lgamma), 1.7, even(0, 4)},
                                         AccuracyCase{"LogGamma", FANFOLD_ONE(std::lgamma), 1.7,
                                                      even(4, 200)}));

}  // namespace
}  // namespace fanfold
