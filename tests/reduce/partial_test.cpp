// The mergeable state: a commutative monoid bit for bit, whatever is reduced; groups, statuses, failures,
// bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> everything = {
    "count()",
    "4 * sum(hits) / sum(samples)",
    "sum(loss)",
    "mean(loss) by model, lr",
    "var(loss) by k",
    "std(hits)",
    "sem(4 * hits / samples) by model",
    "min(loss)",
    "max(hits) by lr",
    "argmin(loss) by model",
    "argmax(hits)",
    "min(model)",
    "argmax(model) by k",
    "count() by status",
    "count(status == 'failed') by model",
    "sum(k) by status, model",
    "sum(2 * hits)",
    "product(hits)",
    "product(k + 4) by lr",
    "product(loss) by model, k",
    "any(hits > 100)",
    "all(hits != k) by k",
    "first(loss) by model",
    "first(hits)",
    "first(model) by lr",
    "histogram(loss, -4, 4, 16)",
    "histogram(hits, 0, 1000, 10) by model",
    "median(loss) by model",
    "quantile(hits, 0.9)",
    "quantile(loss, 0.25) - quantile(loss, 0.75)",
    "top(5, loss)",
    "bottom(1, hits) by k",
    "top(30, k)",
    "collect(loss) by model, lr",
    "collect(hits)",
    "collect(model)",
};

const Plan& full_plan() {
  static const Plan plan = plan_of(everything);
  return plan;
}

/// Rows whose doubles are ordinary, wild, NaN or infinite, in few groups; the tasks have these indices in
/// some order.
std::vector<Row> random_rows(std::uint64_t seed, std::size_t count, std::uint64_t first_task) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows(count);
  const unsigned run_length = 1 + random() % 40;
  for (std::size_t i = 0; i < count; ++i) {
    Row& row = rows[i];
    row.task = first_task + i;
    const std::uint64_t group = random() % run_length == 0 || i == 0 ? random() : 0;
    if (group != 0 || i == 0) {
      row.model = std::string(group % 3, 'm');
      row.lr = group % 5 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(group % 4) - 1;
      row.k = static_cast<std::int64_t>(group % 7) - 3;
    } else {
      row.model = rows[i - 1].model;
      row.lr = rows[i - 1].lr;
      row.k = rows[i - 1].k;
    }
    row.loss = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-60;
    if (random() % 200 == 0) row.loss *= 1e200;
    if (random() % 500 == 0) row.loss = std::numeric_limits<double>::quiet_NaN();
    row.hits = static_cast<std::int64_t>(random() >> (random() % 64));
    if (random() % 20 == 0) row.status = random() % 2 == 0 ? Status::failed : Status::timed_out;
  }
  std::shuffle(rows.begin(), rows.end(), random);
  return rows;
}

rc::Gen<std::vector<Row>> row_lists() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange<std::size_t>(0, 400)),
      [](const auto& drawn) { return random_rows(drawn.first, drawn.second, drawn.first % 1000); });
}

// ---- the monoid
// ----------------------------------------------------------------------------------------------------

RC_GTEST_PROP(Partial, MergeCommutes, ()) {
  const Partial a = partial_of(full_plan(), *row_lists());
  const Partial b = partial_of(full_plan(), *row_lists());
  Partial ab(full_plan());
  ab.merge(a);
  ab.merge(b);
  Partial ba(full_plan());
  ba.merge(b);
  ba.merge(a);
  RC_ASSERT(encoded(ab) == encoded(ba));
}

RC_GTEST_PROP(Partial, MergeAssociates, ()) {
  const Partial a = partial_of(full_plan(), *row_lists());
  const Partial b = partial_of(full_plan(), *row_lists());
  const Partial c = partial_of(full_plan(), *row_lists());
  Partial left(full_plan());
  left.merge(a);
  left.merge(b);
  left.merge(c);
  Partial inner(full_plan());
  inner.merge(b);
  inner.merge(c);
  Partial right(full_plan());
  right.merge(inner);
  right.merge(a);
  RC_ASSERT(encoded(left) == encoded(right));
}

RC_GTEST_PROP(Partial, TheEmptyOneIsTheIdentity, ()) {
  const Partial a = partial_of(full_plan(), *row_lists());
  Partial left(full_plan());
  RC_ASSERT(left.empty());
  left.merge(a);
  const Bytes before = encoded(a);
  RC_ASSERT(encoded(left) == before);
  left.merge(Partial(full_plan()));
  RC_ASSERT(encoded(left) == before);
}

RC_GTEST_PROP(Partial, BatchesMayBeCutAndOrderedAnyhow, (std::uint64_t seed)) {
  std::vector<Row> rows = *row_lists();
  const Partial whole = partial_of(full_plan(), rows);
  std::mt19937_64 random(seed);
  std::shuffle(rows.begin(), rows.end(), random);
  std::vector<Partial> parts;
  for (int i = 0; i < 3; ++i) parts.emplace_back(full_plan());
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t end = std::min(rows.size(), begin + 1 + random() % 100);
    add_batch(parts[random() % 3], {rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                    rows.begin() + static_cast<std::ptrdiff_t>(end)});
    begin = end;
  }
  Partial together(full_plan());
  for (const Partial& part : parts) together.merge(part);
  RC_ASSERT(encoded(together) == encoded(whole));
}

RC_GTEST_PROP(Partial, MergesWhatAnotherEncoded, ()) {
  const Partial a = partial_of(full_plan(), *row_lists());
  const Partial b = partial_of(full_plan(), *row_lists());
  Partial merged(full_plan());
  merged.merge(a);
  merged.merge(b);
  Partial decoded(full_plan());
  for (const Partial* part : {&a, &b}) {
    const Bytes bytes = encoded(*part);
    ByteReader in(bytes);
    decoded.merge_encoded(in);
    RC_ASSERT(in.at_end());
  }
  RC_ASSERT(encoded(decoded) == encoded(merged));
}

// ---- bytes of others
// ---------------------------------------------------------------------------------------------

RC_GTEST_PROP(Partial, DamagedBytesChangeNothing, (std::uint64_t seed)) {
  const std::vector<Row> rows = *row_lists();
  Partial partial = partial_of(full_plan(), random_rows(seed, 50, 0));
  const Bytes before = encoded(partial);
  Bytes damaged = encoded(partial_of(full_plan(), rows));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
  if (random() % 2 == 0) damaged.resize(random() % damaged.size());
  ByteReader in(damaged);
  try {
    partial.merge_encoded(in);  // the damage may have made another valid partial
    partial.finish();
  } catch (const DecodeError&) {
    RC_ASSERT(encoded(partial) == before);
  }
}

TEST(Partial, EveryPrefixIsRefused) {
  const Bytes bytes = encoded(partial_of(full_plan(), random_rows(7, 100, 0)));
  Partial partial(full_plan());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::span(bytes).first(size));
    ASSERT_THROW(partial.merge_encoded(in), DecodeError) << size;
    ASSERT_TRUE(partial.empty());
  }
}

TEST(Partial, OfAnotherPlanIsRefused) {
  const Plan plan = plan_of({"sum(loss)"});
  const Bytes bytes = encoded(partial_of(full_plan(), losses({1})));
  Partial partial(plan);
  ByteReader in(bytes);
  EXPECT_THROW(partial.merge_encoded(in), DecodeError);
}

TEST(Partial, OfOneSumTakesFewBytes) {
  const Plan plan = plan_of({"sum(hits)"});
  EXPECT_LE(encoded(partial_of(plan, hits({1, 2, 3}))).size(), 4U);
}

TEST(Partial, ClearForgetsAll) {
  Partial partial = partial_of(full_plan(), random_rows(3, 100, 0));
  EXPECT_FALSE(partial.empty());
  partial.clear();
  EXPECT_TRUE(partial.empty());
  EXPECT_EQ(encoded(partial), encoded(Partial(full_plan())));
  add_batch(partial, random_rows(4, 100, 0));
  EXPECT_EQ(encoded(partial), encoded(partial_of(full_plan(), random_rows(4, 100, 0))));
}

TEST(Partial, KnowsItsMemory) {
  const Plan plan = plan_of({"sum(loss) by k"});
  Partial partial(plan);
  std::vector<Row> rows = losses(std::vector<double>(10'000, 0.1));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].k = static_cast<std::int64_t>(i);
  add_batch(partial, rows);
  EXPECT_GT(partial.memory(), 10'000U * 64);
  EXPECT_LT(partial.memory(), 10'000U * 512);
}

// ---- groups
// --------------------------------------------------------------------------------------------------------

TEST(Groups, AreSortedByKeys) {
  const Plan plan = plan_of({"count() by lr", "count() by model, k", "count() by samples"});
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Row> rows;
  for (const double lr : {2.0, -0.0, nan, -3.0, 0.0, -nan, 2.0}) rows.push_back({.lr = lr});
  rows[0].model = "b";
  rows[1].k = -7;
  rows[2].k = 300;
  rows[3].model = "";
  const std::vector<Answer> answers = partial_of(plan, rows).finish();
  ASSERT_EQ(answers[0].rows.size(), 4U);
  EXPECT_EQ(answers[0].key_names, std::vector<std::string>{"lr"});
  EXPECT_EQ(answers[0].rows[0].keys, std::vector<Value>{-3.0});
  EXPECT_EQ(answers[0].rows[1].keys, std::vector<Value>{0.0});
  EXPECT_EQ(answers[0].rows[1].tasks, 2U) << "one zero";
  EXPECT_EQ(answers[0].rows[2].keys, std::vector<Value>{2.0});
  EXPECT_EQ(answers[0].rows[3].tasks, 2U) << "one NaN, the last";
  std::vector<std::vector<Value>> keys;
  for (const AnswerRow& row : answers[1].rows) keys.push_back(row.keys);
  EXPECT_THAT(keys, ElementsAre(std::vector<Value>{std::string(), std::int64_t{0}},
                                std::vector<Value>{std::string("a"), std::int64_t{-7}},
                                std::vector<Value>{std::string("a"), std::int64_t{0}},
                                std::vector<Value>{std::string("a"), std::int64_t{300}},
                                std::vector<Value>{std::string("b"), std::int64_t{0}}));
  ASSERT_EQ(answers[2].rows.size(), 1U) << "a constant is one group";
  EXPECT_EQ(answers[2].rows[0].keys, std::vector<Value>{std::int64_t{1000}});
}

TEST(Groups, AreAsManyAsThereAreKeys) {
  const Plan plan = plan_of({"sum(hits) by k"});
  Partial partial(plan);
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<Row> rows;
    for (std::int64_t k = 5000; k-- > 0;) rows.push_back({.k = k * 1'000'003, .hits = k});
    add_batch(partial, rows);
  }
  const Answer answer = partial.finish().at(0);
  ASSERT_EQ(answer.rows.size(), 5000U);
  for (std::int64_t k = 0; k < 5000; ++k) {
    const AnswerRow& row = answer.rows[static_cast<std::size_t>(k)];
    ASSERT_EQ(row.keys, std::vector<Value>{k * 1'000'003});
    ASSERT_EQ(row.value, AnswerValue(BigInteger(2 * k)));
    ASSERT_EQ(row.tasks, 2U);
  }
}

TEST(Groups, WithoutTasksThereIsARowOnlyWithoutKeys) {
  const std::vector<Answer> answers = Partial(full_plan()).finish();
  for (const Answer& answer : answers)
    EXPECT_EQ(answer.rows.size(), answer.key_names.empty() ? 1U : 0U) << answer.name;
  EXPECT_EQ(answers[0].rows[0].tasks, 0U);
}

// ---- statuses and failures
// -----------------------------------------------------------------------------------------

std::vector<Row> mixed_statuses() {
  std::vector<Row> rows = hits({1, 2, 4, 8, 16});
  rows[1].status = Status::failed;
  rows[3].status = Status::timed_out;
  return rows;
}

TEST(Statuses, FailedTasksContributeOnlyWhereTheyAreAskedFor) {
  const Plan plan = plan_of({"sum(hits)", "count() by status", "count(status != 'succeeded')"});
  const std::vector<Answer> answers = partial_of(plan, mixed_statuses()).finish();
  EXPECT_EQ(answers[0].rows[0].value, AnswerValue(BigInteger(21)));
  EXPECT_EQ(answers[0].rows[0].tasks, 3U);
  ASSERT_EQ(answers[1].rows.size(), 3U);
  EXPECT_EQ(answers[1].rows[0].keys, std::vector<Value>{std::string("failed")});
  EXPECT_EQ(answers[1].rows[1].keys, std::vector<Value>{std::string("succeeded")});
  EXPECT_EQ(answers[1].rows[1].value, AnswerValue(BigInteger(3)));
  EXPECT_EQ(answers[1].rows[2].keys, std::vector<Value>{std::string("timed out")});
  EXPECT_EQ(answers[2].rows[0].value, AnswerValue(BigInteger(2)));
  EXPECT_EQ(answers[2].rows[0].tasks, 5U);
}

TEST(Statuses, FailuresAreForgottenWhenTheyRunAgain) {
  const Plan plan = plan_of({"sum(hits)", "count() by status"});
  Partial partial = partial_of(plan, mixed_statuses());
  partial.forget_failures();
  std::vector<Row> again = mixed_statuses();
  again = {again[1], again[3]};
  for (Row& row : again) row.status = Status::succeeded;
  add_batch(partial, again);
  EXPECT_EQ(encoded(partial), encoded(partial_of(plan, hits({1, 2, 4, 8, 16}))));
}

TEST(Statuses, FailuresAreStillApartAfterEncoding) {
  const Plan plan = plan_of({"count() by status"});
  const Bytes bytes = encoded(partial_of(plan, mixed_statuses()));
  Partial partial(plan);
  ByteReader in(bytes);
  partial.merge_encoded(in);
  partial.forget_failures();
  const Answer answer = partial.finish().at(0);
  ASSERT_EQ(answer.rows.size(), 1U);
  EXPECT_EQ(answer.rows[0].value, AnswerValue(BigInteger(3)));
}

TEST(Failures, ARowWhoseArgumentOverflowsContributesToNothing) {
  const Plan plan = plan_of({"count()", "sum(hits * 4)", "max(loss)"});
  std::vector<Row> rows = hits({1, std::numeric_limits<std::int64_t>::max(), 3});
  rows[1].loss = 100;
  Partial partial(plan);
  const auto failures = add_batch(partial, rows);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].row, 1U);
  EXPECT_THAT(failures[0].reason, HasSubstr("hits * 4"));
  const std::vector<Answer> answers = partial.finish();
  EXPECT_EQ(answers[0].rows[0].value, AnswerValue(BigInteger(2)));
  EXPECT_EQ(answers[1].rows[0].value, AnswerValue(BigInteger(16)));
  EXPECT_EQ(answers[2].rows[0].value, AnswerValue(0.0));
}

TEST(Failures, ARowThatFailsHereCountsAsFailedWhereThatIsAskedFor) {
  const Plan plan =
      plan_of({"count() by status", "sum(k * 4) by status", "count(status == 'failed')", "sum(hits)"});
  std::vector<Row> rows = hits({1, 2, 3});
  rows[2].k = std::numeric_limits<std::int64_t>::max();
  rows[0].k = 5;
  Partial partial(plan);
  ASSERT_EQ(add_batch(partial, rows).size(), 1U);
  const std::vector<Answer> answers = partial.finish();
  ASSERT_EQ(answers[0].rows.size(), 2U);
  EXPECT_EQ(answers[0].rows[0].value, AnswerValue(BigInteger(1)));
  EXPECT_EQ(answers[1].rows[0].value, AnswerValue(BigInteger(0))) << "it has no value to add";
  EXPECT_EQ(answers[1].rows[1].value, AnswerValue(BigInteger(20)));
  EXPECT_EQ(answers[2].rows[0].value, AnswerValue(BigInteger(1)));
  EXPECT_EQ(answers[3].rows[0].value, AnswerValue(BigInteger(3)));
}

}  // namespace
}  // namespace fanfold::reduce
