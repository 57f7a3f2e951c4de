// What [reduce] accepts, and how it says what it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expr/ast.hpp"
#include "reduce/aggregate.hpp"
#include "reduce/rows.hpp"

namespace fanfold::reduce {
namespace {

using testing::ElementsAre;

struct Mistake {
  std::string text;
  std::size_t offset;
  std::string message;
};

std::string all_aggregates() {
  std::string list;
  for (const AggregateKind* kind : aggregate_kinds())
    list += (list.empty() ? "" : ", ") + std::string(kind->name);
  return list;
}

class PlanRefuses : public testing::TestWithParam<Mistake> {};

TEST_P(PlanRefuses, WithThePlaceAndTheReason) {
  Plan plan;
  try {
    plan.add("entry", GetParam().text, job_scope(), param_slots);
    FAIL() << "accepted " << GetParam().text;
  } catch (const expr::ExpressionError& error) {
    EXPECT_EQ(error.what(), GetParam().message);
    EXPECT_EQ(error.offset(), GetParam().offset);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, PlanRefuses,
    testing::Values(
        Mistake{"maen(loss)", 0, "unknown aggregate 'maen'; did you mean 'mean'?"},
        Mistake{"quux(loss)", 0, "unknown aggregate 'quux'; there are " + all_aggregates()},
        Mistake{"1 + mean(2 * sum(hits))", 13,
                "sum inside of mean: an aggregate cannot be inside of another"},
        Mistake{"max(loss + min(hits))", 11, "min inside of max: an aggregate cannot be inside of another"},
        Mistake{"4 * loss", 4,
                "'loss' is not an aggregate; write mean(loss), sum(loss) or another of " + all_aggregates()},
        Mistake{"2 * samples", 0,
                "there is no aggregate in '2 * samples'; the aggregates are " + all_aggregates()},
        Mistake{"sum(hist)", 4, "unknown name 'hist'; did you mean 'hits'?"},
        Mistake{"sum(hits) / sample", 12, "unknown name 'sample'; did you mean 'samples'?"},
        Mistake{"sum()", 0, "'sum()' has 0 arguments; write sum(x)"},
        Mistake{"sum(hits, k)", 0, "'sum(hits, k)' has 2 arguments; write sum(x)"},
        Mistake{"any(loss)", 4, "any needs a condition; 'loss' is real"},
        Mistake{"1 + any(hits)", 4, "'any(hits)' is true or false; arithmetic needs numbers"},
        Mistake{"first(model) + 1", 0, "'first(model)' is text; arithmetic needs numbers"},
        Mistake{"top(5, loss) + 1", 0, "'top(5, loss)' is a list; arithmetic needs numbers"},
        Mistake{"sqrt(histogram(loss, 0, 1, 2))", 5,
                "'histogram(loss, 0, 1, 2)' is a list; arithmetic needs numbers"},
        Mistake{"2 * collect(hits)", 4, "'collect(hits)' is a list; arithmetic needs numbers"},
        Mistake{"top(loss)", 0, "'top(loss)' has 1 argument; write top(k, x)"},
        Mistake{"top(0, loss)", 4, "'k' of top(k, x) must be an integer from 1 to 10,000, not 0"},
        Mistake{"bottom(samples * 11, loss)", 7,
                "'k' of bottom(k, x) must be an integer from 1 to 10,000, not samples * 11"},
        Mistake{"top(2.0, loss)", 4, "'k' of top(k, x) must be an integer from 1 to 10,000, not 2.0"},
        Mistake{"top(3 + k, loss)", 8, "'k' of top(k, x) must be a constant; 'k' differs from task to task"},
        Mistake{"top(sampels, loss)", 4, "unknown name 'sampels'; did you mean 'samples'?"},
        Mistake{"top(5, model)", 7, "top needs a number; 'model' is text"},
        Mistake{"top(1 / count(), loss)", 8, "count inside of top: an aggregate cannot be inside of another"},
        Mistake{"quantile(loss, 50)", 15, "'q' of quantile(x, q) must be a number from 0 to 1, not 50"},
        Mistake{"quantile(loss, nan)", 15, "'q' of quantile(x, q) must be a number from 0 to 1, not nan"},
        Mistake{"quantile(loss, 1 % 0)", 15, "division by zero in '1 % 0'"},
        Mistake{"histogram(loss, 0, 1)", 0,
                "'histogram(loss, 0, 1)' has 3 arguments; write histogram(x, from, to, bins)"},
        Mistake{"histogram(loss, 1, 1, 10)", 0, "'to' must be above 'from' in 'histogram(loss, 1, 1, 10)'"},
        Mistake{"histogram(loss, 0, inf, 10)", 19,
                "'to' of histogram(x, from, to, bins) must be a finite number, not inf"},
        Mistake{"histogram(loss, 0, 'x', 10)", 19,
                "'to' of histogram(x, from, to, bins) must be a finite number, not 'x'"},
        Mistake{"histogram(loss, 1, 1 + 1e-15, 10)", 0,
                "the bins are narrower than the distance of doubles in 'histogram(loss, 1, 1 + 1e-15, 10)'"},
        Mistake{"histogram(loss, -1e308, 1e308, 10)", 0,
                "'from' and 'to' are too far apart or too close in 'histogram(loss, -1e308, 1e308, 10)'"},
        Mistake{"product(model)", 8, "product needs a number; 'model' is text"},
        Mistake{"first(loss, first(hits))", 0, "'first(loss, first(hits))' has 2 arguments; write first(x)"},
        Mistake{"count(hits, k)", 0, "'count(hits, k)' has 2 arguments; write count() or count(condition)"},
        Mistake{"sum(model)", 4, "sum needs a number; 'model' is text"},
        Mistake{"count(loss)", 6, "count needs a condition; 'loss' is real"},
        Mistake{"mean(loss) by modle", 14, "unknown name 'modle'; did you mean 'model'?"},
        Mistake{"1 + argmin(loss)", 4, "'argmin(loss)' is a task; arithmetic needs numbers"},
        Mistake{"-max(model)", 1, "'max(model)' is text; arithmetic needs numbers"},
        Mistake{"sum(hits) + 'x'", 12, "''x'' is text; arithmetic needs numbers"},
        Mistake{"1 + (mean(loss) < 3)", 5, "'mean(loss) < 3' is true or false; arithmetic needs numbers"},
        Mistake{"sum(hits) ? 1 : 2", 0, "'sum(hits)' is no condition, such as sum(x) < 3 or any(x < 3)"},
        Mistake{"mean(loss) < 3 and count()", 19,
                "'count()' is no condition, such as sum(x) < 3 or any(x < 3)"},
        Mistake{"not max(model)", 4, "'max(model)' is no condition, such as sum(x) < 3 or any(x < 3)"},
        Mistake{"max(model) < 3", 0, "'max(model)' is text, but '3' is a number"},
        Mistake{"any(hits) ? 'yes' : 0", 0, "''yes'' is text, but '0' is a number"},
        Mistake{"any(hits) ? 'yes' : argmin(loss)", 20,
                "'argmin(loss)' is a task, which has no place in a condition"},
        Mistake{"collect(hits) == 3", 0, "'collect(hits)' is a list, which has no place in a condition"},
        Mistake{"mean(loss) by status", 5,
                "failed tasks have no 'loss'; an entry that uses 'status' sees them and can use params only"},
        Mistake{
            "count(status == 'failed') by hits", 29,
            "failed tasks have no 'hits'; an entry that uses 'status' sees them and can use params only"}));

TEST(Plan, KnowsTheSlotsItReads) {
  EXPECT_THAT(plan_of({"sum(loss)"}).slots(), ElementsAre(3));
  EXPECT_THAT(plan_of({"mean(2 * hits + samples) by model", "max(loss)"}).slots(), ElementsAre(0, 3, 4));
  EXPECT_THAT(plan_of({"count() by status", "count(status == 'failed' and k > 1)"}).slots(), ElementsAre(2));
  EXPECT_TRUE(Plan().empty());
  EXPECT_FALSE(plan_of({"count()"}).empty());
}

TEST(Plan, KnowsTheParamsAmongTheKeys) {
  EXPECT_THAT(plan_of({"count()"}).last_param_keys(), ElementsAre());
  EXPECT_THAT(plan_of({"count() by hits"}).last_param_keys(), ElementsAre());
  EXPECT_THAT(plan_of({"count() by k, samples, hits, model", "count() by k, status"}).last_param_keys(),
              ElementsAre(2));
  EXPECT_THAT(plan_of({"count() by k, samples, hits, model"}).last_param_keys(), ElementsAre(2, 0));
}

TEST(Plan, KnowsWhetherItSeesFailures) {
  EXPECT_FALSE(plan_of({"count() by model"}).sees_failures());
  EXPECT_TRUE(plan_of({"count() by status"}).sees_failures());
  expr::Scope scope = job_scope();
  scope.add_column("status", Type::integer);
  Plan plan;
  plan.add("own", "sum(status)", scope, param_slots);
  EXPECT_FALSE(plan.sees_failures()) << "a result of this name hides how the tasks ended";
  EXPECT_THAT(plan.slots(), ElementsAre(5));
  plan.add("ended", "count() by task_status", scope, param_slots);
  EXPECT_TRUE(plan.sees_failures());
  EXPECT_THROW(plan.add("both", "count() by task_status, status", scope, param_slots), expr::ExpressionError);
  EXPECT_THROW(plan_of({"count() by task_status"}), expr::ExpressionError) << "where 'status' is free";
}

TEST(Plan, TakesEntriesAfterOneThatItRefused) {
  Plan plan;
  EXPECT_THROW(plan.add("bad", "sum(loss) + nothing", job_scope(), param_slots), expr::ExpressionError);
  plan.add("good", "sum(hits)", job_scope(), param_slots);
  const std::vector<Answer> answers = partial_of(plan, hits({1, 2})).finish();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].name, "good");
  EXPECT_EQ(answers[0].rows.at(0).value, AnswerValue(BigInteger(3)));
}

TEST(Aggregates, AreSortedAndReserved) {
  std::string_view before;
  for (const AggregateKind* kind : aggregate_kinds()) {
    EXPECT_LT(before, kind->name);
    EXPECT_TRUE(expr::is_reserved(kind->name)) << kind->name;
    EXPECT_EQ(find_aggregate(kind->name), kind);
    before = kind->name;
  }
}

}  // namespace
}  // namespace fanfold::reduce
