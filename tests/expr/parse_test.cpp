#include <gtest/gtest.h>

#include <algorithm>

#include "expr/ast.hpp"
#include "printed_tree.hpp"

namespace fanfold::expr {
namespace {

struct Reading {
  std::string_view text;
  std::string_view tree;
};

void expect_readings(std::initializer_list<Reading> readings) {
  for (const Reading& reading : readings) {
    try {
      EXPECT_EQ(printed(*parse(reading.text).root), reading.tree) << reading.text;
    } catch (const ExpressionError& error) {
      ADD_FAILURE() << reading.text << ": " << error.what();
    }
  }
}

struct Refusal {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

template <typename Parse>
void expect_refusals(std::initializer_list<Refusal> refusals, Parse parse_text) {
  for (const Refusal& refusal : refusals) {
    try {
      parse_text(refusal.text);
      ADD_FAILURE() << refusal.text << " is accepted";
    } catch (const ExpressionError& error) {
      EXPECT_EQ(std::string(error.what()), refusal.message) << refusal.text;
      EXPECT_EQ(error.offset(), refusal.offset) << refusal.text;
    }
  }
}

void expect_refusals(std::initializer_list<Refusal> refusals) {
  expect_refusals(refusals, [](std::string_view text) { parse(text); });
}

TEST(Parse, ReadsLiterals) {
  expect_readings({{"0", "0"},
                   {"007", "7"},
                   {"10_000_000", "10000000"},
                   {"9223372036854775807", "9223372036854775807"},
                   {"-9223372036854775808", "(-9223372036854775808)"},
                   {"1.5", "1.5"},
                   {".5", "0.5"},
                   {"5.", "5.0"},
                   {"1e-3", "0.001"},
                   {"1_0.2_5E+0_1", "102.5"},
                   {"0e0", "0.0"},
                   {"'it''s'", "'it''s'"},
                   {"\"it's \"\"so\"\"\"", "'it''s \"so\"'"},
                   {"'C:\\new'", "'C:\\new'"},
                   {"''", "''"},
                   {"true", "1"},
                   {"false", "0"}});
}

TEST(Parse, BindsOperatorsByPrecedence) {
  expect_readings({{"a+b*c", "(a + (b * c))"},
                   {"a-b-c", "((a - b) - c)"},
                   {"a/b%c*d", "(((a / b) % c) * d)"},
                   {"(a+b)*c", "((a + b) * c)"},
                   {"-2^2", "(-(2 ^ 2))"},
                   {"2^-2", "(2 ^ (-2))"},
                   {"2^3^2", "(2 ^ (3 ^ 2))"},
                   {"2^-x^2", "(2 ^ (-(x ^ 2)))"},
                   {"-a*b", "((-a) * b)"},
                   {"a*-b", "(a * (-b))"},
                   {"--a", "(-(-a))"},
                   {"-9223372036854775808*2", "((-9223372036854775808) * 2)"},
                   {"a+b<c*d", "((a + b) < (c * d))"},
                   {"a<b and c>=d or e!=f", "(((a < b) and (c >= d)) or (e != f))"},
                   {"a||b&&c", "(a or (b and c))"},
                   {"(a<b)==(c<d)", "((a < b) == (c < d))"}});
}

TEST(Parse, ReadsNotLikeAWordAndBangLikeASign) {
  expect_readings({{"not a == b", "(not (a == b))"},
                   {"!a == b", "((not a) == b)"},
                   {"not not a and b", "((not (not a)) and b)"},
                   {"a or not b", "(a or (not b))"},
                   {"!-a^2", "(not (-(a ^ 2)))"},
                   {"a == (not b)", "(a == (not b))"}});
}

TEST(Parse, ReadsConditionals) {
  expect_readings({{"a ? b : c", "(a ? b : c)"},
                   {"a ? b : c ? d : e", "(a ? b : (c ? d : e))"},
                   {"a ? b ? c : d : e", "(a ? (b ? c : d) : e)"},
                   {"a < b or c ? d + 1 : e", "(((a < b) or c) ? (d + 1) : e)"},
                   {"f(a ? b : c, d)", "f((a ? b : c), d)"}});
}

TEST(Parse, ReadsCallsAndNames) {
  expect_readings({{"f()", "f()"},
                   {"max(a, b+1, 2)", "max(a, (b + 1), 2)"},
                   {"f (g(x))", "f(g(x))"},
                   {"_a1 \t\r\n+ Band", "(_a1 + Band)"},
                   {"order", "order"},
                   {"not(a)", "(not a)"}});
}

TEST(Parse, KnowsThePlaceOfEveryNode) {
  const Ast ast = parse(" (a + b) * f( c )");
  const auto text_of = [&](const Node& node) { return ast.text.substr(node.offset, node.length); };
  EXPECT_EQ(text_of(*ast.root), "(a + b) * f( c )");
  EXPECT_EQ(text_of(*ast.root->children[0]), "a + b");
  EXPECT_EQ(text_of(*ast.root->children[1]), "f( c )");
  EXPECT_EQ(text_of(*ast.root->children[0]->children[1]), "b");
}

TEST(Parse, RefusesWhatIsNoLiteral) {
  expect_refusals({{"1 + 9223372036854775808", 4,
                    "9223372036854775808 is out of the range of integers (64 bits); as a real it is "
                    "9223372036854775808.0"},
                   {"-9223372036854775808^2", 1,
                    "9223372036854775808 is out of the range of integers (64 bits); as a real it is "
                    "9223372036854775808.0"},
                   {"99999999999999999999", 0,
                    "99999999999999999999 is out of the range of integers (64 bits); as a real it is "
                    "99999999999999999999.0"},
                   {"1e999", 0, "1e999 is out of the range of reals"},
                   {"1e-999", 0, "1e-999 is out of the range of reals"},
                   {"2x", 0, "'2x' is not a number"},
                   {"1__0", 0, "'1__0' is not a number"},
                   {"1_", 0, "'1_' is not a number"},
                   {"1.2.3", 0, "'1.2.3' is not a number"},
                   {"x + 1e+", 4, "'1e' is not a number"},
                   {"a + 'b", 4, "this text has no closing '"},
                   {"\"it''s", 0, "this text has no closing \""}});
}

TEST(Parse, RefusesWhatIsNoExpression) {
  expect_refusals({{"", 0, "the expression is empty"},
                   {" \n", 2, "the expression is empty"},
                   {"1 +", 3, "expected a value, found the end"},
                   {"(a", 2, "expected an operator or ')', found the end"},
                   {"a)", 1, "expected an operator or the end, found ')'"},
                   {"a b", 2, "expected an operator or the end, found 'b'"},
                   {"a 'b'", 2, "expected an operator or the end, found 'b'"},
                   {"f(a", 3, "expected an operator, ',' or ')', found the end"},
                   {"f(a,)", 4, "expected a value, found ')'"},
                   {"a ? b", 5, "expected ':' and the value otherwise, found the end"},
                   {"+a", 0, "expected a value, found '+'"},
                   {"a < b < c", 6, "comparisons do not chain; write 'a < b and b < c'"},
                   {"not a == b == c", 11, "comparisons do not chain; write 'a < b and b < c'"},
                   {"a == not b", 5, "put 'not …' in parentheses here"},
                   {"mean(x) by m", 8, "'by' can be used in [reduce] only, after a whole expression"},
                   {"by", 0, "'by' can be used in [reduce] only, after a whole expression"}});
}

TEST(Parse, TranslatesOperatorsOfOtherLanguages) {
  expect_refusals({{"a = b", 2, "'=' is not an operator; write '==' to compare"},
                   {"a ** b", 2, "'**' is not an operator; write '^' for a power"},
                   {"a // b", 2, "'//' is not an operator; write floor(a / b)"},
                   {"a <> b", 2, "'<>' is not an operator; write '!='"},
                   {"a === b", 2, "'===' is not an operator; write '=='"},
                   {"a & b", 2, "'&' is not an operator; write 'and'"},
                   {"a | b", 2, "'|' is not an operator; write 'or'"}});
}

TEST(Parse, QuotesCharactersWhole) {
  expect_refusals({{"1 × 2", 2, "unexpected character '×'"},
                   {"$x", 0, "unexpected character '$'"},
                   {"a.b", 1, "unexpected character '.'"}});
  expect_refusals(
      {{std::string_view("a\0", 2), 1, "unexpected byte 0x00"}, {"\xFF", 0, "unexpected byte 0xff"}});
}

std::string repeated(std::string_view part, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += part;
  return result;
}

TEST(Parse, BoundsNestingAndDepth) {
  EXPECT_EQ(printed(*parse(repeated("(", 200) + "a" + repeated(")", 200)).root), "a");
  EXPECT_NO_THROW(parse("a" + repeated(" + a", 1000)));
  const std::string parentheses = repeated("(", 201);
  const std::string signs = repeated("-", 100'000);
  const std::string powers = repeated("a^", 100'000);
  const std::string conditions = repeated("a?", 100'000);
  const std::string sums = "a" + repeated("+a", 100'000);
  expect_refusals({{parentheses, 201, "the expression is nested over 200 levels deep"},
                   {signs, 201, "the expression is nested over 200 levels deep"},
                   {powers, 402, "the expression is nested over 200 levels deep"},
                   {conditions, 402, "the expression is nested over 200 levels deep"},
                   {sums, 0, "the expression has over 1000 operators in a row"}});
}

TEST(ParseGrouped, ReadsTheKeys) {
  const GroupedAst grouped = parse_grouped("mean(loss) by model, lr");
  EXPECT_EQ(printed(*grouped.ast.root), "mean(loss)");
  EXPECT_EQ(grouped.ast.text, "mean(loss) by model, lr");
  ASSERT_EQ(grouped.keys.size(), 2u);
  EXPECT_EQ(grouped.keys[0].name, "model");
  EXPECT_EQ(grouped.keys[0].offset, 14u);
  EXPECT_EQ(grouped.keys[1].name, "lr");
  EXPECT_EQ(grouped.keys[1].offset, 21u);
  EXPECT_TRUE(parse_grouped("sum(x)").keys.empty());
}

TEST(ParseGrouped, RefusesWhatIsNoKey) {
  expect_refusals({{"sum(x) by", 9, "expected a name to group by, found the end"},
                   {"sum(x) by a b", 12, "expected ',' or the end, found 'b'"},
                   {"sum(x) by a, a", 13, "'a' is named twice after 'by'"},
                   {"sum(x) by 3", 10, "expected a name to group by, found '3'"},
                   {"sum(x) bye", 7, "expected an operator or the end, found 'bye'"},
                   {"by a", 0, "'by' can be used in [reduce] only, after a whole expression"}},
                  [](std::string_view text) { parse_grouped(text); });
}

TEST(Names, AreReservedForFunctionsAggregatesAndKeywords) {
  for (const char* name :
       {"sqrt", "min", "int", "sum", "quantile", "and", "or", "not", "by", "true", "false"}) {
    EXPECT_TRUE(is_reserved(name)) << name;
  }
  for (const char* name : {"x", "pi", "inf", "nan", "Sum", "status", ""})
    EXPECT_FALSE(is_reserved(name)) << name;
  EXPECT_TRUE(std::is_sorted(function_names().begin(), function_names().end()));
  EXPECT_TRUE(std::is_sorted(aggregate_names().begin(), aggregate_names().end()));
}

TEST(Names, AreLettersDigitsAndUnderscores) {
  for (const char* name : {"a", "_", "A9_z"}) EXPECT_TRUE(is_identifier(name)) << name;
  for (const char* name : {"", "9a", "site id", "a-b", "é", "a.b"}) EXPECT_FALSE(is_identifier(name)) << name;
}

}  // namespace
}  // namespace fanfold::expr
