// What is refused before anything runs: messages whole, with their place.
#include <gtest/gtest.h>

#include "table.hpp"

namespace fanfold::expr {
namespace {

struct CompileError {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

void expect_compile_errors(std::initializer_list<CompileError> refusals) {
  const Table table = Table().integers("hits", {1}).reals("loss", {1}).texts("file", {"a"});
  for (const CompileError& refusal : refusals) {
    try {
      table.evaluate(refusal.text);
      ADD_FAILURE() << refusal.text << " is accepted";
    } catch (const ExpressionError& error) {
      EXPECT_EQ(error.what(), std::string(refusal.message)) << refusal.text;
      EXPECT_EQ(error.offset(), refusal.offset) << refusal.text;
    }
  }
}

TEST(Compile, NamesTheNearestName) {
  expect_compile_errors({{"4 * hist", 4, "unknown name 'hist'; did you mean 'hits'?"},
                         {"pie * 2", 0, "unknown name 'pie'; did you mean 'pi'?"},
                         {"whatever", 0, "unknown name 'whatever'"},
                         {"1 + sqr(2)", 4, "unknown function 'sqr'; did you mean 'sqrt'?"},
                         {"hits(2)", 0, "unknown function 'hits'"},
                         {"2 * sqrt", 4, "'sqrt' is a function; write sqrt(…)"}});
}

TEST(Compile, SendsAggregatesToReduce) {
  expect_compile_errors(
      {{"2 * sum(hits)", 4, "'sum' is an aggregate; it can be used in [reduce] only"},
       {"count()", 0, "'count' is an aggregate; it can be used in [reduce] only"},
       {"mean", 0, "'mean' is an aggregate; it can be used in [reduce] only"},
       {"min(hits)", 0,
        "'min' of one value is an aggregate; it can be used in [reduce] only, or as min(a, b)"}});
}

TEST(Compile, CountsArguments) {
  expect_compile_errors({{"sqrt()", 0, "'sqrt' takes 1 argument, not 0"},
                         {"atan2(1)", 0, "'atan2' takes 2 arguments, not 1"},
                         {"max()", 0, "'max' takes at least 2 arguments, not 0"}});
}

TEST(Compile, ChecksTypes) {
  expect_compile_errors(
      {{"1 + file", 4, "'+' takes numbers, but 'file' is text"},
       {"-file", 1, "'-' takes numbers, but 'file' is text"},
       {"sqrt('a')", 5, "'sqrt' takes numbers, but 'a' is text"},
       {"max(1, file)", 7, "'max' takes numbers, but 'file' is text"},
       {"not file", 4, "a condition is a number, but 'file' is text"},
       {"hits and file", 9, "a condition is a number, but 'file' is text"},
       {"file ? 1 : 2", 0, "a condition is a number, but 'file' is text"},
       {"file == 3", 8,
        "'==' compares numbers with numbers, texts with texts; 'file' is text, '3' is integer"},
       {"loss < 'a'", 7, "'<' compares numbers with numbers, texts with texts; 'loss' is real, 'a' is text"},
       {"hits ? 1 : 'a'", 11,
        "both values of '? :' are numbers or both are texts; '1' is integer, 'a' is text"},
       {"length(hits + 1)", 7, "'length' takes texts, but 'hits + 1' is integer"},
       {"int(file)", 4, "'int' takes numbers, but 'file' is text"}});
}

}  // namespace
}  // namespace fanfold::expr
