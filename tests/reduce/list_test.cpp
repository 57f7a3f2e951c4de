// top(k, x), bottom(k, x) and collect(x).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

using testing::ElementsAre;

using Places = std::vector<Ranking::Place>;

Places ranking(const std::string& entry, const std::vector<Row>& rows) {
  return std::get<Ranking>(only_value(entry, rows)).places;
}
std::vector<Value> collection(const std::string& entry, const std::vector<Row>& rows) {
  return std::get<Collection>(only_value(entry, rows)).values;
}
Ranking::Place place(std::uint64_t task, Value value) { return {TaskIndex(task), std::move(value)}; }

TEST(Ranking, HasTheBestFirstAndTiesByTask) {
  const std::vector<Row> rows = losses({3, 7, -infinity, 7, not_a_number, 5});
  EXPECT_THAT(ranking("top(3, loss)", rows), ElementsAre(place(1, 7.0), place(3, 7.0), place(5, 5.0)));
  EXPECT_THAT(ranking("bottom(2, loss)", rows), ElementsAre(place(2, -infinity), place(0, 3.0)));
  EXPECT_EQ(only_row("top(3, loss)", rows).skipped, 1U);
  EXPECT_EQ(ranking("top(samples, loss)", rows).size(), 5U) << "fewer than asked for";
  EXPECT_TRUE(ranking("top(3, loss)", {}).empty());
  EXPECT_THAT(ranking("bottom(1, hits)", hits({4, std::numeric_limits<std::int64_t>::min(), 3})),
              ElementsAre(place(1, std::numeric_limits<std::int64_t>::min())));
}

RC_GTEST_PROP(Ranking, IsTheBeginningOfTheSortedTasks, (std::vector<std::int8_t> values)) {
  const auto most = *rc::gen::inRange<std::size_t>(1, 30);
  Places expected;
  for (std::size_t i = 0; i < values.size(); ++i) expected.push_back(place(i, std::int64_t{values[i]}));
  std::stable_sort(expected.begin(), expected.end(), [](const auto& left, const auto& right) {
    return std::get<std::int64_t>(left.value) > std::get<std::int64_t>(right.value);
  });
  expected.resize(std::min(most, expected.size()));
  const std::vector<Row> rows = hits({values.begin(), values.end()});
  RC_ASSERT(ranking("top(" + std::to_string(most) + ", hits)", rows) == expected);
  for (Ranking::Place& item : expected) item.value = -std::get<std::int64_t>(item.value);
  RC_ASSERT(ranking("bottom(" + std::to_string(most) + ", -hits)", rows) == expected);
}

TEST(Collection, IsInTheOrderOfTasks) {
  std::vector<Row> rows = losses({30, -0.0, 10});
  rows[0].task = 9;
  rows[1].task = 4;
  rows[1].model = "second";
  rows[2].task = 7;
  EXPECT_EQ(collection("collect(loss)", rows), (std::vector<Value>{-0.0, 10.0, 30.0}));
  EXPECT_EQ(collection("collect(model)", rows),
            (std::vector<Value>{std::string("second"), std::string("a"), std::string("a")}));
  EXPECT_EQ(collection("collect(hits + 1)", rows),
            (std::vector<Value>{std::int64_t{1}, std::int64_t{1}, std::int64_t{1}}));
  EXPECT_TRUE(collection("collect(loss)", {}).empty());
}

TEST(Picture, IsWhatItsTilesAreTogether) {
  std::vector<Row> rows = losses({0, 0, 0});
  rows[0].model = "1 0 1 2 3 2 AQI";   // 1 over 2, in the middle
  rows[1].model = "0 1 3 1 3 2 BwgJ";  // the lower row: 7 8 9
  rows[2].model = "0 0 1 1 3 2 BQ";    // 5 in the upper left corner
  EXPECT_EQ(only_value("picture(model)", rows), AnswerValue(Picture{3, 2, {5, 1, 0, 7, 8, 9}}));
  std::swap(rows[0].task, rows[1].task);
  EXPECT_EQ(only_value("picture(model)", rows), AnswerValue(Picture{3, 2, {5, 1, 0, 7, 2, 9}}))
      << "later tasks cover earlier ones";
}

TEST(Picture, OfWhatAreNoTilesIsNothing) {
  std::vector<Row> rows = losses({0, 0});
  rows[0].model = "0 0 1 1 3 2 BQ";
  rows[1].model = "0 0 1 1 3 2 !Q";
  EXPECT_EQ(only_value("picture(model)", rows), AnswerValue(Nothing{"a text that is no tile of a picture"}));
  rows[1].model = "0 0 1 1 2 2 BQ";
  EXPECT_EQ(only_value("picture(model)", rows), AnswerValue(Nothing{"tiles of pictures of different sizes"}));
  EXPECT_EQ(only_value("picture(model)", {}), AnswerValue(Nothing()));
}

TEST(Collection, BeyondItsBoundIsNothingInAllGroups) {
  const Plan plan = plan_of({"collect(k)", "collect(hits) by model"});
  std::vector<Row> rows = hits(std::vector<std::int64_t>(600'000, 7));
  Partial first = partial_of(plan, rows);
  EXPECT_EQ(std::get<Collection>(first.finish().at(0).rows.at(0).value).values.size(), 600'000U);
  for (Row& row : rows) {
    row.task += rows.size();
    row.model = "b";
  }
  const Partial second = partial_of(plan, rows);
  Partial decoded = partial_of(plan, rows);
  const Bytes bytes = encoded(first);
  first.merge(second);
  ByteReader in(bytes);
  decoded.merge_encoded(in);
  EXPECT_TRUE(encoded(first) == encoded(decoded));
  EXPECT_LT(encoded(first).size(), 100U);
  const AnswerValue nothing = Nothing{"more than 1,000,000 values or 64 MiB of text"};
  for (const Answer& answer : first.finish()) {
    for (const AnswerRow& row : answer.rows) EXPECT_EQ(row.value, nothing) << answer.name;
  }
  first.clear();
  add_batch(first, hits({1, 2}));
  EXPECT_EQ(std::get<Collection>(first.finish().at(0).rows.at(0).value).values.size(), 2U);
}

TEST(Collection, OfLongTextsIsBoundedToo) {
  const Plan plan = plan_of({"collect(model)"});
  Row row;
  row.model = std::string(40'000'000, 'x');
  Partial partial = partial_of(plan, {row});
  EXPECT_EQ(std::get<Collection>(partial.finish().at(0).rows.at(0).value).values.size(), 1U);
  row.task = 1;
  add_batch(partial, {row});
  EXPECT_TRUE(std::holds_alternative<Nothing>(partial.finish().at(0).rows.at(0).value));
  EXPECT_LT(partial.memory(), 1'000'000U);
}

// ---- more groups than fit
// ----------------------------------------------------------------------------------------------

std::vector<Row> rows_of_groups(std::int64_t first, std::int64_t end) {
  std::vector<Row> rows;
  for (std::int64_t k = first; k < end; ++k)
    rows.push_back({.task = static_cast<std::uint64_t>(k), .k = k, .hits = 1});
  return rows;
}

TEST(Groups, MoreThanFitAreGivenUp) {
  const Plan plan = plan_of({"sum(hits) by k", "sum(hits)", "count() by k, model"});
  const Partial low = partial_of(plan, rows_of_groups(0, 600'000));
  const Partial high = partial_of(plan, rows_of_groups(400'000, 1'000'001));
  Partial fits = partial_of(plan, rows_of_groups(400'000, 1'000'000));
  fits.merge(low);
  EXPECT_EQ(fits.finish().at(0).rows.size(), most_groups);
  Partial left(plan);
  left.merge(low);
  left.merge(high);
  Partial right(plan);
  right.merge(high);
  right.merge(low);
  EXPECT_TRUE(encoded(left) == encoded(right));
  EXPECT_LT(encoded(left).size(), 100U);
  const Bytes bytes = encoded(left);
  ByteReader in(bytes);
  Partial decoded(plan);
  decoded.merge_encoded(in);
  add_batch(decoded, rows_of_groups(0, 5));
  add_batch(left, rows_of_groups(0, 5));
  EXPECT_TRUE(encoded(left) == encoded(decoded));
  EXPECT_FALSE(left.empty());
  const std::vector<Answer> answers = left.finish();
  EXPECT_EQ(answers[1].rows.at(0).value, AnswerValue(BigInteger(1'200'006)));
  for (const std::size_t grouped : {std::size_t{0}, std::size_t{2}}) {
    ASSERT_EQ(answers[grouped].rows.size(), 1U);
    EXPECT_TRUE(answers[grouped].key_names.empty());
    EXPECT_EQ(answers[grouped].rows[0].value, AnswerValue(Nothing{"more than 1,000,000 groups"}));
    EXPECT_EQ(answers[grouped].rows[0].tasks, 1'200'006U);
  }
  left.clear();
  EXPECT_TRUE(left.empty());
  add_batch(left, rows_of_groups(0, 5));
  EXPECT_EQ(left.finish().at(0).rows.size(), 5U);
}

TEST(Groups, OfABatchThatAreMoreThanFitAreGivenUp) {
  const Plan plan = plan_of({"sum(hits) by k"});
  const Partial partial = partial_of(plan, rows_of_groups(0, 1'000'001));
  EXPECT_EQ(partial.finish().at(0).rows.at(0).tasks, 1'000'001U);
  EXPECT_LT(encoded(partial).size(), 100U);
}

}  // namespace
}  // namespace fanfold::reduce
