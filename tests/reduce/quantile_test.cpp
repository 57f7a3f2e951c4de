// quantile(x, q) and median(x): exact while there are few values, within the stated error beyond; whatever
// the order.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "reduce/bucket_counts.hpp"
#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 17;

double quantile(const std::string& entry, const std::vector<Row>& rows) {
  return std::get<double>(only_value(entry, rows));
}

TEST(Quantile, InterpolatesAsNumPyDoes) {
  // numpy.quantile([1, 2, 4, 8], q)
  const std::vector<Row> rows = losses({8, 1, 4, 2});
  EXPECT_EQ(quantile("quantile(loss, 0)", rows), 1.0);
  EXPECT_EQ(quantile("quantile(loss, 0.1)", rows), 1.3);
  EXPECT_EQ(quantile("quantile(loss, 0.25)", rows), 1.75);
  EXPECT_EQ(quantile("median(loss)", rows), 3.0);
  EXPECT_EQ(quantile("quantile(loss, 9 / 10)", rows), 6.8000000000000007);
  EXPECT_EQ(quantile("quantile(loss, 1)", rows), 8.0);
  EXPECT_EQ(quantile("median(hits)", hits({5, 1, 3, 100})), 4.0);
  EXPECT_EQ(quantile("median(hits)", hits({-7})), -7.0);
  EXPECT_EQ(quantile("quantile(loss, 0.75) - quantile(loss, 0.25)", rows), 5.0 - 1.75);
}

TEST(Quantile, LeavesNaNOutAndKnowsInfinities) {
  const std::vector<Row> rows = losses({not_a_number, 3, -not_a_number, 1, infinity});
  EXPECT_EQ(quantile("median(loss)", rows), 3.0);
  EXPECT_EQ(quantile("quantile(loss, 1)", rows), infinity);
  EXPECT_EQ(quantile("quantile(loss, 0.9)", rows), infinity);
  EXPECT_EQ(only_row("median(loss)", rows).skipped, 2U);
  EXPECT_EQ(only_value("median(loss)", {}), AnswerValue(Nothing()));
  EXPECT_EQ(only_value("quantile(loss, 0.5)", losses({not_a_number})), AnswerValue(Nothing()));
  EXPECT_EQ(quantile("median(loss)", losses({-1.5e308, 1.5e308})), 0.0);
}

RC_GTEST_PROP(Quantile, OfFewValuesIsThatOfTheSortedOnes,
              (std::vector<std::int16_t> values, std::uint8_t percent)) {
  RC_PRE(!values.empty() && percent <= 100);
  const std::string q = std::to_string(percent) + " / 100";
  std::vector<double> reals;
  for (const std::int16_t value : values) reals.push_back(value / 8.0);
  const double got = quantile("quantile(loss, " + q + ")", losses(reals));
  std::sort(reals.begin(), reals.end());
  const double position = static_cast<double>(reals.size() - 1) * (percent / 100.0);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, reals.size() - 1);
  const double share = position - static_cast<double>(low);
  RC_ASSERT(std::abs(got - (reals[low] * (1 - share) + reals[high] * share)) <= 1e-9);
  const std::vector<std::int64_t> integers(values.begin(), values.end());
  RC_ASSERT(std::abs(quantile("quantile(hits, " + q + ")", hits(integers)) - 8 * got) <= 1e-8);
}

std::vector<double> log_normal(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
    values.push_back((random() % 4 == 0 ? -1 : 1) * std::exp(20 * unit - 5));
  }
  return values;
}

TEST(Quantile, OfManyValuesIsWithinItsErrorAndSaysSo) {
  std::vector<double> values = log_normal(most_kept + 1, 1);
  const std::vector<Row> rows = losses(values);
  std::sort(values.begin(), values.end());
  for (const char* q : {"0", "0.01", "0.2", "0.3", "0.5", "0.9", "0.999", "1"}) {
    const AnswerRow row = only_row(std::string("quantile(loss, ") + q + ")", rows);
    EXPECT_EQ(row.relative_error, 1.0 / 128);
    const double position = static_cast<double>(values.size() - 1) * std::stod(q);
    const double expected = values[static_cast<std::size_t>(position)];
    EXPECT_NEAR(std::get<double>(row.value), expected, std::abs(expected) * (0.001 + 1.0 / 128)) << q;
  }
  EXPECT_EQ(quantile("quantile(loss, 0)", rows), values.front());
  EXPECT_EQ(quantile("quantile(loss, 1)", rows), values.back());
  EXPECT_EQ(only_row("median(loss)", losses(log_normal(most_kept, 1))).relative_error, 0.0);
  EXPECT_EQ(quantile("median(loss)", losses(std::vector<double>(most_kept + 1, 0.7))), 0.7);
  EXPECT_EQ(quantile("median(hits)", hits(std::vector<std::int64_t>(most_kept + 1, 0))), 0.0);
}

/// The same bytes whether values were counted in buckets at once, late, or in parts of any size.
TEST(Quantile, DoesNotDependOnWhenItBeganToCount) {
  const Plan plan = plan_of({"median(loss)", "median(hits) by model"});
  std::vector<Row> rows = losses(log_normal(most_kept + 5000, 2));
  std::mt19937_64 random(3);
  for (Row& row : rows) {
    if (random() % 1000 == 0)
      row.loss = row.task % 3 == 0 ? not_a_number : row.task % 3 == 1 ? -0.0 : infinity;
    row.hits = static_cast<std::int64_t>(random() >> (random() % 64));
    row.model = row.task % 7 == 0 ? "a" : "b";
  }
  const Bytes whole = encoded(partial_of(plan, rows));
  std::shuffle(rows.begin(), rows.end(), random);
  for (const std::size_t cut : {std::size_t{10}, std::size_t{100'000}, rows.size() / 2}) {
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(cut);
    Partial left = partial_of(plan, {rows.begin(), middle});
    const Partial right = partial_of(plan, {middle, rows.end()});
    Partial reversed(plan);
    const Bytes right_bytes = encoded(right);
    ByteReader in(right_bytes);
    reversed.merge_encoded(in);
    reversed.merge(left);
    left.merge(right);
    EXPECT_TRUE(encoded(left) == whole) << cut;
    EXPECT_TRUE(encoded(reversed) == whole) << cut;
  }
}

TEST(Quantile, ManyGroupsKeepFewerValuesEach) {
  const Plan plan = plan_of({"median(loss) by k"});
  std::vector<Row> few;
  for (std::int64_t k = 0; k < 2000; ++k) few.push_back({.k = k, .loss = 1.0});
  std::vector<Row> many = losses(log_normal(10'000, 4));
  Partial first = partial_of(plan, many);
  EXPECT_EQ(first.finish().at(0).rows.at(0).relative_error, 0.0);
  first.merge(partial_of(plan, few));
  EXPECT_GT(first.finish().at(0).rows.at(0).relative_error, 0.0) << "2,000 groups keep 4,096 values each";
  EXPECT_EQ(first.finish().at(0).rows.at(1).relative_error, 0.0);
  Partial second = partial_of(plan, few);
  for (Row& row : many) add_batch(second, {row});
  EXPECT_TRUE(encoded(second) == encoded(first));
}

// ---- BucketCounts
// -------------------------------------------------------------------------------------------------------

Bytes bytes_of(const BucketCounts& counts) {
  ByteWriter out;
  counts.encode(out);
  return out.take();
}

RC_GTEST_PROP(BucketCounts, AreTheSameInWhateverForm, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  const std::size_t count = random() % 3000;
  const int range = 1 + static_cast<int>(random() % 900);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const int exponent = static_cast<int>(random() % static_cast<unsigned>(range)) - range / 2;
    values.push_back(std::ldexp(static_cast<double>(random()), exponent) * (random() % 2 == 0 ? -1 : 1));
  }
  if (random() % 2 == 0) std::sort(values.begin(), values.end());
  BucketCounts whole;
  RC_ASSERT(whole.add(values) == count);
  BucketCounts one_by_one;
  for (const double value : values) one_by_one.add(std::span(&value, 1));
  BucketCounts merged;
  for (std::size_t begin = 0; begin < count;) {
    const std::size_t end = std::min(count, begin + 1 + random() % 500);
    BucketCounts part;
    part.add(std::span(values).subspan(begin, end - begin));
    const Bytes bytes = bytes_of(part);
    ByteReader in(bytes);
    merged.merge(random() % 2 == 0 ? part : BucketCounts::decode(in));
    begin = end;
  }
  RC_ASSERT((bytes_of(one_by_one) == bytes_of(whole)) == true);
  RC_ASSERT((bytes_of(merged) == bytes_of(whole)) == true);
  RC_ASSERT(whole.heap_bytes() <= 32 * count + 4096);
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < count; i += 97) {
    RC_ASSERT(std::abs(whole.value_at(i) - values[i]) <= std::abs(values[i]) * BucketCounts::relative_error);
  }
}

}  // namespace
}  // namespace fanfold::reduce
