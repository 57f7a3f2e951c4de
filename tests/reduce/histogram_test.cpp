// histogram(x, from, to, bins): every value in the bin that the edges say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

using testing::ElementsAre;

Histogram histogram(const std::string& entry, const std::vector<Row>& rows) {
  return std::get<Histogram>(only_value(entry, rows));
}

TEST(Histogram, AValueOnAnEdgeIsInTheBinAboveButInTheLastBinAtTheEnd) {
  const Histogram counted = histogram("histogram(loss, 0, 4, 4)", losses({0, 1, 1, 2.5, 3, 4, -0.0}));
  EXPECT_THAT(counted.edges, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(counted.counts, ElementsAre(2, 2, 1, 2));
  EXPECT_EQ(counted.below, 0U);
  EXPECT_EQ(counted.above, 0U);
}

TEST(Histogram, CountsWhatIsOutside) {
  const std::vector<Row> rows = losses(
      {-infinity, -1, std::nextafter(0.0, -1.0), infinity, 1e300, not_a_number, std::nextafter(4.0, 5.0)});
  const Histogram counted = histogram("histogram(loss, 0, 4, 2)", rows);
  EXPECT_THAT(counted.counts, ElementsAre(0, 0));
  EXPECT_EQ(counted.below, 3U);
  EXPECT_EQ(counted.above, 3U);
  EXPECT_EQ(only_row("histogram(loss, 0, 4, 2)", rows).skipped, 1U);
}

TEST(Histogram, OfNothingHasItsBins) {
  EXPECT_THAT(histogram("histogram(hits, 0, 1, 2)", {}).counts, ElementsAre(0, 0));
}

TEST(Histogram, OfIntegersIsThatOfTheirReals) {
  const Histogram counted =
      histogram("histogram(hits, -0.5, samples / 2, 3)", hits({-1, 0, 166, 167, 499, 500, 501}));
  EXPECT_THAT(counted.counts, ElementsAre(2, 1, 2));
  EXPECT_EQ(counted.below, 1U);
  EXPECT_EQ(counted.above, 1U);
}

TEST(Histogram, EdgesAreRoundedOnce) {
  const Histogram counted = histogram("histogram(loss, 0.1, 0.7, 3)", losses({0.1, 0.3, 0.5, 0.7}));
  // The exact values of the doubles 0.1 and 0.7 a third and two thirds apart, rounded.
  EXPECT_EQ(counted.edges.front(), 0.1);
  EXPECT_EQ(counted.edges.back(), 0.7);
  EXPECT_NEAR(counted.edges[1], 0.3, 1e-16);
  EXPECT_NEAR(counted.edges[2], 0.5, 1e-16);
}

RC_GTEST_PROP(Histogram, PutsEachValueWhereItsEdgesSay, ()) {
  const auto bins = *rc::gen::inRange<std::size_t>(1, 40);
  const auto start = *rc::gen::inRange(-1000, 1000);
  const auto width = *rc::gen::inRange(1, 100000);
  const std::string entry = "histogram(loss, " + std::to_string(start) + " / 7, " + std::to_string(start) +
                            " / 7 + " + std::to_string(width) + " / 1000, " + std::to_string(bins) + ")";
  const std::vector<double> edges = histogram(entry, {}).edges;
  std::vector<double> values;
  for (const double edge : edges) {
    values.push_back(edge);
    values.push_back(std::nextafter(edge, -infinity));
    values.push_back(std::nextafter(edge, infinity));
  }
  for (const auto random : *rc::gen::container<std::vector<std::int32_t>>(rc::gen::arbitrary<std::int32_t>()))
    values.push_back(random * 1e-3);
  const Histogram counted = histogram(entry, losses(values));
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const auto inside = [&](double value) {
      return value >= edges[bin] && (bin + 1 == bins ? value <= edges[bins] : value < edges[bin + 1]);
    };
    RC_ASSERT(counted.counts[bin] ==
              static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), inside)));
  }
  const auto below = [&](double value) { return value < edges.front(); };
  const auto above = [&](double value) { return value > edges.back(); };
  RC_ASSERT(counted.below == static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), below)));
  RC_ASSERT(counted.above == static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), above)));
}

/// Bins as narrow as doubles allow, where rounding moves edges by a good part of a bin.
TEST(Histogram, NarrowBinsAreExactToo) {
  const double from = 1.0;
  const double to = 1.0 + 64 * 0x1p-52;
  const Histogram counted = histogram("histogram(loss, 1, 1 + 2.0 ^ -46, 64)", [&] {
    std::vector<double> values;
    for (double value = from; value <= to; value = std::nextafter(value, 2.0)) values.push_back(value);
    return losses(values);
  }());
  EXPECT_EQ(counted.counts.front(), 1U);
  EXPECT_EQ(counted.counts.back(), 2U);
  EXPECT_EQ(counted.above + counted.below, 0U);
}

}  // namespace
}  // namespace fanfold::reduce
