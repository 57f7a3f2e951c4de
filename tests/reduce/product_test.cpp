// product(x) of integers of any size, and of reals against the exact product.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/exact_sum.hpp"
#include "reduce/rows.hpp"
#include "reduce/significand_logarithm.hpp"

namespace fanfold::reduce {
namespace {

TEST(Product, OfIntegersIsExact) {
  EXPECT_EQ(only_value("product(hits)", {}), integer(1));
  EXPECT_EQ(only_value("product(hits)", hits({1, -1, 1})), integer(-1));
  EXPECT_EQ(only_value("product(hits)", hits({6, -7, 2})), integer(-84));
  EXPECT_EQ(only_value("product(hits)", hits({least, least, 3})), integer(BigInteger(3) << 126));
  EXPECT_EQ(only_value("product(hits)", hits({5, 0, -7})), integer(0));
  EXPECT_EQ(only_value("product(hits) % 1000 + 1", hits({999, 999})), integer(2));
}

RC_GTEST_PROP(Product, OfIntegersAgreesWithLongArithmetic, (const std::vector<std::int32_t>& small)) {
  BigInteger expected = 1;
  std::vector<std::int64_t> values;
  for (const std::int32_t value : small) {
    values.push_back(static_cast<std::int64_t>(value) * (value % 3 == 0 ? 1'000'003 : 1));
    expected *= values.back();
  }
  RC_ASSERT(only_value("product(hits)", hits(values)) == integer(expected));
}

TEST(Product, OfManyFactorsInPartsIsTheSame) {
  const Plan plan = plan_of({"product(hits)"});
  Partial together(plan);
  BigInteger expected = 1;
  for (std::int64_t part = 0; part < 20; ++part) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 1; i <= 100; ++i)
      values.push_back(part % 2 == 0 ? 100 * part + i : -100 * part - i);
    for (const std::int64_t value : values) expected *= value;
    together.merge(partial_of(plan, hits(values)));
  }
  EXPECT_EQ(together.finish().at(0).rows.at(0).value, integer(expected));
}

TEST(Product, BeyondItsBoundIsNothingUnlessAFactorIsZero) {
  const Plan plan = plan_of({"product(hits)"});
  const std::int64_t big = std::int64_t{1} << 62;
  Partial power(plan);
  add_batch(power, hits(std::vector<std::int64_t>(32'800, big)));
  Partial partial(plan);
  for (int i = 0; i < 33; ++i) partial.merge(power);
  const BigInteger whole = std::get<BigInteger>(partial.finish().at(0).rows.at(0).value);
  EXPECT_EQ(bit_count(whole), std::size_t{62} * 32'800 * 33 + 1);
  Bytes bytes = encoded(partial);
  EXPECT_GT(bytes.size(), 8'000'000U);
  partial.merge(power);
  const AnswerValue nothing = Nothing{"more than 67,108,864 bits"};
  EXPECT_EQ(partial.finish().at(0).rows.at(0).value, nothing);
  EXPECT_LT(encoded(partial).size(), 100U);
  EXPECT_LT(partial.memory(), 100'000U);
  ByteReader in(bytes);
  partial.merge_encoded(in);
  EXPECT_EQ(partial.finish().at(0).rows.at(0).value, nothing);
  add_batch(partial, hits({0}));
  EXPECT_EQ(partial.finish().at(0).rows.at(0).value, integer(0));
}

TEST(Product, OfRealsThatIsADoubleIsExact) {
  EXPECT_EQ(only_value("product(loss)", {}), AnswerValue(1.0));
  EXPECT_EQ(only_value("product(loss)", losses({3, 3})), AnswerValue(9.0));
  EXPECT_EQ(only_value("product(loss)", losses({-1.5, 0.1, 8})), AnswerValue(-1.5 * 8 * 0.1));
  EXPECT_EQ(only_value("product(loss)", losses(std::vector<double>(30, 7))),
            AnswerValue(rounded_quotient(pow(BigInteger(7), 30), 1)));
  EXPECT_EQ(only_value("product(loss)", losses({0x1p1000, 3, 0x1p1000, 0x1p-1074, 0x1p-1000})),
            AnswerValue(3 * 0x1p-74));
}

TEST(Product, OfRealsHasTheLimitsOfDoubles) {
  EXPECT_EQ(only_value("product(loss)", losses({-1e200, 1e200})), AnswerValue(-infinity));
  EXPECT_EQ(bits(only_value("product(loss)", losses({-1e-200, 1e-200}))), bits(-0.0));
  EXPECT_EQ(only_value("product(loss)", losses({0x1p-1000, 3 * 0x1p-74})), AnswerValue(3 * 0x1p-1074));
  EXPECT_EQ(bits(only_value("product(loss)", losses({5, -0.0}))), bits(-0.0));
  EXPECT_EQ(bits(only_value("product(loss)", losses({-5, -0.0}))), bits(0.0));
  EXPECT_EQ(only_value("product(loss)", losses({-2, infinity})), AnswerValue(-infinity));
  EXPECT_EQ(bits(only_value("product(loss)", losses({0, infinity}))), bits(not_a_number));
  EXPECT_EQ(bits(only_value("product(loss)", losses({2, -not_a_number}))), bits(not_a_number));
}

/// Random doubles with all their bits in use never have a product near the middle between two doubles.
RC_GTEST_PROP(Product, OfRealsIsTheNearestDouble, ()) {
  const auto seeds = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::arbitrary<std::uint64_t>());
  BigInteger significands = 1;
  int exponent = 0;
  std::vector<double> values;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::uint64_t mixed = (seeds[i] + i) * 0x9E3779B97F4A7C15U ^ (seeds[i] << 17);
    const std::uint64_t significand = (mixed >> 12) | (std::uint64_t{1} << 52);
    const int scale = static_cast<int>(mixed % 11) - 57;
    values.push_back(std::ldexp(static_cast<double>(significand), scale));
    significands *= significand;
    exponent += scale;
  }
  const unsigned up = exponent > 0 ? static_cast<unsigned>(exponent) : 0U;
  const unsigned down = exponent < 0 ? static_cast<unsigned>(-exponent) : 0U;
  RC_ASSERT(only_value("product(loss)", losses(values)) ==
            AnswerValue(rounded_quotient(significands << up, BigInteger(1) << down)));
}

TEST(Logarithm, OfASquareIsTwice) {
  constexpr std::uint64_t one = std::uint64_t{1} << 52;
  EXPECT_TRUE(logarithm_of_significand(one) == 0);
  for (unsigned k = 2; k <= 26; ++k) {
    const std::uint64_t root = one + (one >> k);  // its square has 2 k bits after the point
    const std::uint64_t square = one + (one >> (k - 1)) + (one >> (2 * k));
    const __int128 off = 2 * logarithm_of_significand(root) - logarithm_of_significand(square);
    EXPECT_LE(std::abs(static_cast<double>(off)), 3 * 16) << k;
  }
}

TEST(Logarithm, IsThatOfTheLibraryToItsPrecision) {
  constexpr std::uint64_t one = std::uint64_t{1} << 52;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const std::uint64_t significand = one + (i * 0x9E3779B97F4A7C15U >> 12);
    const double expected = std::log(static_cast<double>(significand) / static_cast<double>(one));
    const double got = static_cast<double>(logarithm_of_significand(significand)) * 0x1p-120;
    ASSERT_NEAR(got, expected, 1e-15) << significand;
  }
}

/// Adjacent significands at every border of the tables: the logarithm grows by what the derivative says.
TEST(Logarithm, HasNoStepAtTheBordersOfItsTables) {
  constexpr std::uint64_t one = std::uint64_t{1} << 52;
  for (std::uint64_t border = 1; border < 4096; ++border) {
    const std::uint64_t significand = one + border * (one >> 12);
    const __int128 below = logarithm_of_significand(significand - 1);
    const __int128 middle = logarithm_of_significand(significand);
    const __int128 above = logarithm_of_significand(significand + 1);
    // The second difference is -1 / m^2, in units of 2^-104.
    const double m = static_cast<double>(significand) / static_cast<double>(one);
    const double bend = static_cast<double>(above - 2 * middle + below) * 0x1p-16;
    ASSERT_NEAR(bend, -1 / (m * m), 64 * 0x1p-16) << border;
  }
}

TEST(Exponential, KnowsItsLimits) {
  const BigInteger one = BigInteger(1) << logarithm_bits;
  EXPECT_EQ(exponential(0, 0), 1.0);
  EXPECT_EQ(exponential(one, 0), std::numbers::e);
  EXPECT_EQ(exponential(-one, 0), 1 / std::numbers::e);
  EXPECT_EQ(exponential(one, 5000), infinity);
  EXPECT_EQ(exponential(-5000 * one, 0), 0.0);
  EXPECT_EQ(exponential(0, -1074), 0x1p-1074);
}

}  // namespace
}  // namespace fanfold::reduce
