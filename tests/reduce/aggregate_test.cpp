// Each aggregate against what it is defined as.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/exact_sum.hpp"
#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::int64_t largest_integer = std::numeric_limits<std::int64_t>::max();

AnswerValue task(std::uint64_t index) { return Winner{TaskIndex(index)}; }
const AnswerValue no_value = Nothing();

TEST(Count, OfTasksAndOfConditions) {
  EXPECT_EQ(only_value("count()", {}), integer(0));
  EXPECT_EQ(only_value("count()", hits({5, 6, 7})), integer(3));
  EXPECT_EQ(only_value("count(hits > 5)", hits({5, 6, 7})), integer(2));
}

TEST(Sum, OfIntegersIsUnbounded) {
  EXPECT_EQ(only_value("sum(hits)", {}), integer(0));
  EXPECT_EQ(only_value("sum(hits)", hits({largest_integer, largest_integer, largest_integer})),
            integer(BigInteger(largest_integer) * 3));
  EXPECT_EQ(only_value("sum(hits)", hits({least, least, 1})), integer(BigInteger(least) * 2 + 1));
  EXPECT_EQ(only_value("sum(hits)", hits({largest_integer, least, 1})), integer(0));
}

TEST(Sum, OfRealsIsRoundedOnce) {
  EXPECT_EQ(bits(only_value("sum(loss)", {})), bits(0.0));
  EXPECT_EQ(only_value("sum(loss)", losses({1e308, 1e308, -1e308})), AnswerValue(1e308));
  EXPECT_EQ(only_value("sum(loss)", losses({1e16, 1, -1e16})), AnswerValue(1.0));
  EXPECT_EQ(only_value("sum(loss)", losses({infinity, 1})), AnswerValue(infinity));
  EXPECT_EQ(bits(only_value("sum(loss)", losses({infinity, -infinity}))), bits(not_a_number));
  EXPECT_EQ(bits(only_value("sum(loss)", losses({1, -not_a_number}))), bits(not_a_number));
}

TEST(Mean, IsRoundedOnce) {
  EXPECT_EQ(only_value("mean(loss)", {}), no_value);
  EXPECT_EQ(only_value("mean(hits)", {}), no_value);
  EXPECT_EQ(only_value("mean(loss)", losses({1e308, 1e308})), AnswerValue(1e308));
  EXPECT_EQ(only_value("mean(hits)", hits({largest_integer, largest_integer})), AnswerValue(0x1p63));
  EXPECT_EQ(only_value("mean(hits)", hits({1, 2})), AnswerValue(1.5));
  EXPECT_EQ(only_value("mean(loss)", losses({-infinity, 1})), AnswerValue(-infinity));
}

TEST(Spread, OfASampleHasOneDegreeOfFreedomLess) {
  EXPECT_EQ(only_value("var(hits)", hits({1, 2, 3, 4})), AnswerValue(5.0 / 3));
  EXPECT_EQ(only_value("std(hits)", hits({1, 3})), AnswerValue(std::sqrt(2.0)));
  EXPECT_EQ(only_value("sem(hits)", hits({1, 3})), AnswerValue(1.0));
  EXPECT_EQ(only_value("var(loss)", losses({1, 2, 3, 4})), AnswerValue(5.0 / 3));
  EXPECT_EQ(only_value("std(loss)", losses({1, 3})), AnswerValue(std::sqrt(2.0)));
  EXPECT_EQ(only_value("sem(loss)", losses({1, 3})), AnswerValue(1.0));
}

TEST(Spread, OfFewerThanTwoTasksIsNothing) {
  for (const char* entry : {"var(hits)", "std(hits)", "sem(hits)", "var(loss)", "std(loss)", "sem(loss)"}) {
    EXPECT_EQ(only_value(entry, {}), no_value) << entry;
    EXPECT_EQ(only_value(entry, hits({7})), no_value) << entry;
    EXPECT_EQ(bits(only_value(entry, hits({7, 7}))), bits(0.0)) << entry;
  }
}

TEST(Spread, IsNotHarmedByAMeanFarAboveIt) {
  EXPECT_EQ(only_value("var(loss)", losses({1e15 + 1, 1e15 + 2, 1e15 + 3})), AnswerValue(1.0));
  EXPECT_EQ(only_value("var(loss)", losses({1e200, 1e200, 1e200})), AnswerValue(0.0));
  EXPECT_EQ(only_value("std(loss)", losses({-1e300, 1e300})), AnswerValue(std::sqrt(2.0) * 1e300));
  EXPECT_EQ(only_value("var(hits)", hits({largest_integer, largest_integer - 1, largest_integer - 2})),
            AnswerValue(1.0));
  EXPECT_EQ(bits(only_value("var(loss)", losses({1, infinity}))), bits(not_a_number));
  EXPECT_EQ(only_value("var(loss)", losses(std::vector<double>(1000, 3e-200))), AnswerValue(0.0))
      << "squares underflow";
}

RC_GTEST_PROP(Spread, AgreesWithRationalNumbers, (const std::vector<std::int16_t>& values)) {
  RC_PRE(values.size() >= 2);
  BigInteger n = values.size();
  BigInteger sum = 0;
  for (const std::int16_t value : values) sum += value;
  BigInteger deviations = 0;  // times n^2
  for (const std::int16_t value : values) deviations += (n * value - sum) * (n * value - sum);
  // In units of 2^-20: exact as reals, and fractions.
  std::vector<Row> rows;
  for (const std::int16_t value : values) rows.push_back({.loss = std::ldexp(value, -20), .hits = value});
  const BigInteger unit = BigInteger(1) << 40;
  RC_ASSERT(only_value("var(hits)", rows) == AnswerValue(rounded_quotient(deviations, n * n * (n - 1))));
  RC_ASSERT(only_value("var(loss)", rows) ==
            AnswerValue(rounded_quotient(deviations, n * n * (n - 1) * unit)));
  RC_ASSERT(only_value("std(loss)", rows) ==
            AnswerValue(rounded_square_root(deviations, n * n * (n - 1) * unit)));
  RC_ASSERT(only_value("sem(loss)", rows) ==
            AnswerValue(rounded_square_root(deviations, n * n * n * (n - 1) * unit)));
}

RC_GTEST_PROP(Sum, OfIntegersAndOfTheirSquaresAgreeWithLongArithmetic, ()) {
  const auto values = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::oneOf(
      rc::gen::arbitrary<std::int64_t>(), rc::gen::element(largest_integer, least, std::int64_t{0}),
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                   [](std::uint64_t u) { return static_cast<std::int64_t>(u * 0x9E3779B97F4A7C15U); })));
  BigInteger sum = 0;
  BigInteger squares = 0;
  for (const std::int64_t value : values) {
    sum += value;
    squares += BigInteger(value) * value;
  }
  RC_ASSERT(only_value("sum(hits)", hits(values)) == integer(sum));
  if (values.size() < 2) return;
  const BigInteger n = values.size();
  RC_ASSERT(only_value("var(hits)", hits(values)) ==
            AnswerValue(rounded_quotient(n * squares - sum * sum, n * (n - 1))));
}

TEST(Extremes, OfNumbers) {
  EXPECT_EQ(only_value("min(hits)", hits({3, least, largest_integer})), integer(least));
  EXPECT_EQ(only_value("max(hits)", hits({3, least, largest_integer})), integer(largest_integer));
  EXPECT_EQ(only_value("min(hits)", hits({largest_integer, largest_integer})), integer(largest_integer));
  EXPECT_EQ(only_value("max(hits)", hits({least})), integer(least));
  EXPECT_EQ(only_value("min(loss)", losses({3, -infinity, infinity})), AnswerValue(-infinity));
  EXPECT_EQ(only_value("max(loss)", losses({3, -infinity, infinity})), AnswerValue(infinity));
  EXPECT_EQ(only_value("argmin(loss)", losses({3, 1, 2})), task(1));
  EXPECT_EQ(only_value("argmax(hits)", hits({3, 1, 4, 4})), task(2));
}

TEST(Extremes, LeaveNaNOutAndCountIt) {
  const std::vector<Row> rows = losses({not_a_number, 2, -not_a_number, 1, not_a_number});
  for (const char* entry :
       {"min(loss)", "max(loss)", "argmin(loss)", "argmax(loss)", "max(loss) - min(loss)"}) {
    EXPECT_EQ(only_row(entry, rows).skipped, 3U) << entry;
    EXPECT_EQ(only_row(entry, rows).tasks, 5U) << entry;
  }
  EXPECT_EQ(only_value("min(loss)", rows), AnswerValue(1.0));
  EXPECT_EQ(only_value("max(loss)", rows), AnswerValue(2.0));
  EXPECT_EQ(only_value("argmin(loss)", rows), task(3));
  EXPECT_EQ(only_value("argmax(loss)", rows), task(1));
  EXPECT_EQ(only_value("max(loss) - min(loss)", rows), AnswerValue(1.0));
}

TEST(Extremes, OfNothingAreNothing) {
  for (const char* entry : {"min(loss)", "max(hits)", "argmin(loss)", "argmax(model)", "min(model)"}) {
    EXPECT_EQ(only_value(entry, {}), no_value) << entry;
  }
  EXPECT_EQ(only_value("max(loss)", losses({not_a_number})), no_value);
  EXPECT_EQ(only_value("argmax(loss)", losses({-not_a_number})), no_value);
}

TEST(Extremes, MinusZeroIsBelowPlusZero) {
  EXPECT_EQ(bits(only_value("min(loss)", losses({0.0, -0.0, 0.0}))), bits(-0.0));
  EXPECT_EQ(bits(only_value("max(loss)", losses({-0.0, 0.0, -0.0}))), bits(0.0));
  EXPECT_EQ(only_value("argmin(loss)", losses({0.0, -0.0, 0.0})), task(1));
}

TEST(Extremes, TiesGoToTheLowestTask) {
  std::vector<Row> rows = losses({1, 1, 1});
  rows[0].task = 30;
  rows[1].task = 10;
  rows[2].task = 20;
  EXPECT_EQ(only_value("argmin(loss)", rows), task(10));
  EXPECT_EQ(only_value("argmax(loss)", rows), task(10));
  EXPECT_EQ(only_value("argmax(model)", rows), task(10));
}

TEST(Extremes, OfTextsGoByBytes) {
  std::vector<Row> rows = losses({0, 0, 0, 0});
  rows[0].model = "b";
  rows[1].model = "";
  rows[2].model = "\xC3\xA9";
  rows[3].model = "ba";
  EXPECT_EQ(only_value("min(model)", rows), AnswerValue(std::string()));
  EXPECT_EQ(only_value("max(model)", rows), AnswerValue(std::string("\xC3\xA9")));
  EXPECT_EQ(only_value("argmin(model)", rows), task(1));
  EXPECT_EQ(only_value("argmax(model)", rows), task(2));
}

TEST(Conditions, AnyAndAll) {
  const AnswerValue yes = true;
  const AnswerValue no = false;
  EXPECT_EQ(only_value("any(hits > 2)", hits({1, 2, 3})), yes);
  EXPECT_EQ(only_value("any(hits > 3)", hits({1, 2, 3})), no);
  EXPECT_EQ(only_value("all(hits > 0)", hits({1, 2, 3})), yes);
  EXPECT_EQ(only_value("all(hits > 1)", hits({1, 2, 3})), no);
  EXPECT_EQ(only_value("all(hits)", hits({-1, 7})), yes) << "what is not 0 is true";
  EXPECT_EQ(only_value("any(hits)", {}), no);
  EXPECT_EQ(only_value("all(hits)", {}), yes);
}

TEST(First, IsOfTheLowestTask) {
  std::vector<Row> rows = hits({10, 20, 30});
  rows[0].task = 7;
  rows[0].status = Status::failed;
  rows[1].task = 9;
  rows[2].task = 8;
  rows[2].model = "c";
  rows[2].loss = -0.0;
  EXPECT_EQ(only_value("first(hits)", rows), integer(30)) << "of those that succeeded";
  EXPECT_EQ(only_value("first(model)", rows), AnswerValue(std::string("c")));
  EXPECT_EQ(bits(only_value("first(loss)", rows)), bits(-0.0));
  EXPECT_EQ(only_value("2 * first(hits) + 1", rows), integer(61));
  rows[2].loss = -not_a_number;
  EXPECT_EQ(bits(only_value("first(loss)", rows)), bits(not_a_number));
  EXPECT_EQ(only_value("first(hits)", {}), no_value);
  EXPECT_EQ(only_value("first(model)", {}), no_value);
}

TEST(Formula, KeepsIntegersAndRoundsADivisionOnce) {
  const std::vector<Row> rows = hits({largest_integer, largest_integer, 2});
  const BigInteger sum = BigInteger(largest_integer) * 2 + 2;
  EXPECT_EQ(only_value("sum(hits) + 1", rows), integer(sum + 1));
  EXPECT_EQ(only_value("-sum(hits) * count() - 1", rows), integer(-sum * 3 - 1));
  EXPECT_EQ(only_value("sum(hits) % 7", rows), integer(sum % 7));
  EXPECT_EQ(only_value("-sum(hits) % 7", rows), integer((7 - sum % 7) % 7)) << "the sign of the divisor";
  EXPECT_EQ(only_value("sum(hits) ^ 3", rows), integer(sum * sum * sum));
  EXPECT_EQ(only_value("4 * sum(hits) / samples", rows), AnswerValue(rounded_quotient(4 * sum, 1000)));
  EXPECT_EQ(only_value("sum(hits) / -3", rows), AnswerValue(rounded_quotient(-sum, 3)));
  EXPECT_EQ(only_value("count() / 2", rows), AnswerValue(1.5));
}

TEST(Formula, GoesOnInReals) {
  const std::vector<Row> rows = hits({1, 2, 3, 4});
  EXPECT_EQ(only_value("sum(hits) / 0", rows), AnswerValue(infinity));
  EXPECT_EQ(bits(only_value("(sum(hits) - 10) / 0", rows)), bits(not_a_number));
  EXPECT_EQ(only_value("sum(hits) % 0", rows), no_value);
  EXPECT_EQ(only_value("sqrt(count()) + 0.5", rows), AnswerValue(2.5));
  EXPECT_EQ(only_value("count() * pi", rows), AnswerValue(4 * std::numbers::pi));
  EXPECT_EQ(only_value("mean(hits) ^ 2", rows), AnswerValue(6.25));
  EXPECT_EQ(only_value("max(mean(hits), 2)", rows), AnswerValue(2.5));
  EXPECT_EQ(only_value("(4 * mean(hits) - 1) ^ 0.5", rows), AnswerValue(3.0));
  EXPECT_EQ(only_value("2 ^ mean(hits) / sqrt(2)", rows), AnswerValue(4.0));
  EXPECT_EQ(only_value("(mean(hits) - 0.5) ^ mean(hits - 0.5)", rows), AnswerValue(4.0));
  EXPECT_EQ(only_value("2 * mean(loss)", {}), no_value);
  EXPECT_EQ(only_value("sqrt(mean(loss))", {}), no_value);
}

TEST(Formula, ComparesAndChooses) {
  const std::vector<Row> rows = hits({largest_integer, largest_integer, 2});
  EXPECT_EQ(only_value("sum(hits) == sum(hits) + 1", rows), AnswerValue(false)) << "integers exactly";
  EXPECT_EQ(only_value("sum(hits) < sum(hits) + 1", rows), AnswerValue(true));
  EXPECT_EQ(only_value("min(hits) <= 2.5", rows), AnswerValue(true));
  EXPECT_EQ(only_value("min(hits) != 2 or count() >= 3", rows), AnswerValue(true));
  EXPECT_EQ(only_value("not (count() > 2 and all(hits > 2))", rows), AnswerValue(true));
  EXPECT_EQ(only_value("max(model) == 'a'", rows), AnswerValue(true));
  EXPECT_EQ(only_value("any(hits == 2) == all(hits == 2)", rows), AnswerValue(false));
  EXPECT_EQ(only_value("count() > 2 ? 'many' : 'few'", rows), AnswerValue(std::string("many")));
  EXPECT_EQ(only_value("2 * (count() > 3 ? 1 : min(hits))", rows), integer(4));
  EXPECT_EQ(only_value("mean(loss / 0) < 1 ? 1 : 2.5", rows), AnswerValue(2.5)) << "no_value is below NaN";
  EXPECT_EQ(only_value("mean(loss) < 1 ? 1 : 2", {}), no_value);
  EXPECT_EQ(only_value("count() == 0 or mean(loss) < 1", {}), no_value);
}

TEST(Formula, PowersOfIntegers) {
  const std::vector<Row> rows = hits({1, 2, 3, 4});
  EXPECT_EQ(only_value("count() ^ 20", rows), integer(BigInteger(1) << 40));
  EXPECT_EQ(only_value("count() ^ -1", rows), AnswerValue(0.25));
  EXPECT_EQ(only_value("(count() ^ -1) ^ 2", rows), AnswerValue(0.0625));
  EXPECT_EQ(only_value("(count() - 7) ^ -1", rows), AnswerValue(-1.0 / 3));
  EXPECT_EQ(only_value("(count() - 4) ^ -1", rows), AnswerValue(infinity));
  EXPECT_EQ(only_value("(count() - 4) ^ 0", rows), integer(1));
  EXPECT_EQ(only_value("(count() - 5) ^ 1000001", rows), integer(-1));
  EXPECT_EQ(only_value("(count() - 5) ^ 1000000", rows), integer(1));
  EXPECT_EQ(only_value("10 ^ (count() * 1000000)", rows), AnswerValue(infinity))
      << "more than a million bits";
  EXPECT_EQ(only_value("(-10) ^ (count() * 1000000 + 1)", rows), AnswerValue(-infinity));
  EXPECT_EQ(bits(only_value("10 ^ -(count() * 1000000)", rows)), bits(0.0));
}

}  // namespace
}  // namespace fanfold::reduce
