// Values read from output by JSON pointer and by regular expression.
#include "exec/output_values.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "exec_job.hpp"

namespace fanfold {
namespace {

/// The value `v` of a job with this entry, or the message.
std::variant<Value, std::string> read(const std::string& entry, std::string_view output) {
  const auto job = test::job_of("task.command = ['true']\nvalues.v = " + entry);
  Value read_value;
  const auto error = OutputValues(*job).read(output, [&](std::size_t slot, const Value& value) {
    EXPECT_EQ(slot, job->values[0].slot);
    read_value = value;
  });
  if (error) return *error;
  return read_value;
}
Value value(const std::string& entry, std::string_view output) {
  return std::get<Value>(read(entry, output));
}
std::string error(const std::string& entry, std::string_view output) {
  return std::get<std::string>(read(entry, output));
}

TEST(JsonValue, IsFoundByItsPointer) {
  EXPECT_EQ(value("{ json = '/loss' }", R"({"loss": 0.25})"), Value(0.25));
  EXPECT_EQ(value("{ json = '/a/1/b~1c' }", R"({"a": [0, {"b/c": "1e3"}]})"), Value(1000.0));
  EXPECT_EQ(value("{ json = '' }", " 3 "), Value(3.0));
  EXPECT_EQ(value("{ json = '/ok' }", R"({"ok": true})"), Value(1.0));
  EXPECT_TRUE(std::isnan(std::get<double>(value("{ json = '/x' }", R"({"x": null})"))));
}

TEST(JsonValue, HasTheTypeThatTheJobNames) {
  EXPECT_EQ(value("{ json = '/n', type = 'integer' }", R"({"n": 9007199254740993})"),
            Value(std::int64_t{9007199254740993}));
  EXPECT_EQ(value("{ json = '/n', type = 'integer' }", R"({"n": 4.0})"), Value(std::int64_t{4}));
  EXPECT_EQ(value("{ json = '/s', type = 'text' }", R"({"s": "abc"})"), Value("abc"));
  EXPECT_EQ(value("{ json = '/s', type = 'text' }", R"({"s": [1, 2]})"), Value("[1,2]"));
}

TEST(JsonValue, SaysWhatIsWrong) {
  EXPECT_EQ(error("{ json = '/loss' }", "loss = 3\n"), "value 'v': its output is not JSON: 'loss = 3'");
  EXPECT_EQ(error("{ json = '/loss' }", R"({"los": 3})"), "value 'v': its output has nothing at '/loss'");
  EXPECT_EQ(error("{ json = '/a' }", R"({"a": [1]})"), "value 'v': [1] is not a number");
  EXPECT_EQ(error("{ json = '/a' }", R"({"a": "x"})"), "value 'v': 'x' is not a number");
  EXPECT_EQ(error("{ json = '/a', type = 'integer' }", R"({"a": 1.5})"), "value 'v': 1.5 is not an integer");
  EXPECT_EQ(error("{ json = '/a', type = 'integer' }", R"({"a": 18446744073709551615})"),
            "value 'v': 18446744073709551615 is beyond the integers of 64 bits");
}

TEST(RegexValue, IsTheLastMatch) {
  EXPECT_EQ(value(R"({ regex = 'loss=(\S+)' })", "loss=3\nloss=2.5\nend\n"), Value(2.5));
  EXPECT_EQ(value(R"({ regex = '\d+', type = 'integer' })", "1 22 333 x"), Value(std::int64_t{333}));
  EXPECT_EQ(value(R"({ regex = '(?m)^(.*)$', type = 'text' })", "a\nb"), Value("b"));
  EXPECT_EQ(value(R"({ regex = 'x*', type = 'text' })", "ab"), Value(""));
}

TEST(RegexValue, SaysWhatIsWrong) {
  EXPECT_EQ(error(R"({ regex = 'loss=(\S+)' })", "nothing"),
            R"(value 'v': nothing matches 'loss=(\S+)' in its output)");
  EXPECT_EQ(error(R"({ regex = 'loss=(\S+)' })", "loss=low"), "value 'v': 'low' is not a number");
  EXPECT_EQ(error(R"({ regex = '\S+', type = 'integer' })", "2.5"), "value 'v': '2.5' is not an integer");
}

TEST(ColumnValue, IsACellOfTheOnlyRow) {
  EXPECT_EQ(value("{ column = 'b' }", "a,b\n1,2.5\n"), Value(2.5));
  EXPECT_EQ(value("{ column = 'b' }", "a,b\r\n1,2.5\r\n"), Value(2.5));
  EXPECT_EQ(value("{ column = 'b', type = 'integer' }", "a,b\n1,9007199254740993"),
            Value(std::int64_t{9007199254740993}));
  EXPECT_EQ(value("{ column = 'a b', type = 'text' }", "\"a b\",c\n\"x, \"\"y\"\"\nz\",1\n"),
            Value("x, \"y\"\nz"));
  EXPECT_EQ(value("{ column = 'a', type = 'text' }", "a\n\"\"\n"), Value(""));
  EXPECT_TRUE(std::isnan(std::get<double>(value("{ column = 'a' }", "a,b\n,1\n"))));
  EXPECT_EQ(value("{ column = 'a', type = 'text' }", "a,b\n,1\n"), Value(""));
}

TEST(ColumnValue, SaysWhatIsWrong) {
  EXPECT_EQ(error("{ column = 'a' }", ""), "value 'v': its output has no row, not one");
  EXPECT_EQ(error("{ column = 'a' }", "a\n"), "value 'v': its output has no row, not one");
  EXPECT_EQ(error("{ column = 'a' }", "a\n1\n2\n"), "value 'v': its output has several rows, not one");
  EXPECT_EQ(error("{ column = 'total' }", "totals\n1\n"),
            "value 'v': its output has no column 'total'; did you mean 'totals'?");
  EXPECT_EQ(error("{ column = 'a', type = 'integer' }", "a,b\n,1\n"),
            "value 'v': it is NULL, which is no integer");
  EXPECT_EQ(error("{ column = 'a' }", "a\n\"\"\n"), "value 'v': '' is not a number");
}

}  // namespace
}  // namespace fanfold
