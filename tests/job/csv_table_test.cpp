// Tables of comma-separated values: what is read, and what is refused.
#include "job/csv_table.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>

namespace fanfold {
namespace {

using testing::ElementsAre;
using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Texts = std::vector<std::string_view>;

CsvTable parse_csv(std::string_view text) { return read_csv(std::make_shared<const std::string>(text)); }

std::vector<std::string> header_of(const CsvTable& table) {
  std::vector<std::string> names;
  for (const CsvColumn& column : table.columns) names.push_back(column.name);
  return names;
}

template <typename Column>
Column column_of(const CsvTable& table, std::size_t index) {
  return std::get<Column>(table.columns.at(index).cells);
}

std::string error_of(std::string_view text) {
  try {
    parse_csv(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(CsvTable, has_integers_reals_and_texts) {
  const CsvTable table = parse_csv("i,x,name\n1,0.5,a\n-20,2,b c\n");
  EXPECT_EQ(table.rows, 2U);
  EXPECT_THAT(header_of(table), ElementsAre("i", "x", "name"));
  EXPECT_EQ(column_of<Integers>(table, 0), (Integers{1, -20}));
  EXPECT_EQ(column_of<Reals>(table, 1), (Reals{0.5, 2}));
  EXPECT_EQ(column_of<Texts>(table, 2), (Texts{"a", "b c"}));
}

TEST(CsvTable, takes_quotes_marks_and_line_ends_as_spreadsheets_write_them) {
  const std::string_view text =
      "\xEF\xBB\xBF\"site id\",note,n\r\n\r\nx,\"a, \"\"b\"\"\nc\",\"3\"\r\n\"\",  d ,4\r\n\n\n";
  const CsvTable table = parse_csv(text);
  EXPECT_THAT(header_of(table), ElementsAre("site id", "note", "n"));
  EXPECT_EQ(table.rows, 2U);
  EXPECT_EQ(column_of<Texts>(table, 0), (Texts{"x", ""}));
  EXPECT_EQ(column_of<Texts>(table, 1), (Texts{"a, \"b\"\nc", "  d "}));
  EXPECT_EQ(column_of<Integers>(table, 2), (Integers{3, 4}));
  EXPECT_EQ(parse_csv("a\n1").rows, 1U);
}

TEST(CsvTable, has_nan_for_a_blank_among_numbers) {
  const CsvTable table = parse_csv("x,y,z\n1,,\n ,2.5,\n3, 4 ,\n");
  const Reals x = column_of<Reals>(table, 0);
  EXPECT_EQ(x[0], 1);
  EXPECT_TRUE(std::isnan(x[1]));
  EXPECT_EQ(column_of<Reals>(table, 1)[2], 4);
  for (const double z : column_of<Reals>(table, 2)) EXPECT_TRUE(std::isnan(z));
}

TEST(CsvTable, has_numbers_only_where_all_cells_are_numbers) {
  EXPECT_EQ(column_of<Texts>(parse_csv("x\n1\n2a\n03\n"), 0), (Texts{"1", "2a", "03"}));
  EXPECT_EQ(column_of<Reals>(parse_csv("x\n1\n9223372036854775808\n"), 0), (Reals{1, 9223372036854775808.0}));
  EXPECT_EQ(column_of<Integers>(parse_csv("x\n9223372036854775807\n-9223372036854775808\n+7\n"), 0),
            (Integers{INT64_MAX, INT64_MIN, 7}));
  EXPECT_EQ(column_of<Reals>(parse_csv("x\n1e3\ninf\n1e999\n.5\n5.\n"), 0),
            (Reals{1000, HUGE_VAL, HUGE_VAL, 0.5, 5}));
  EXPECT_EQ(column_of<Texts>(parse_csv("x\n1.\n.\n"), 0), (Texts{"1.", "."}));
  EXPECT_TRUE(std::signbit(column_of<Reals>(parse_csv("x\n-0\n"), 0)[0]));
}

TEST(CsvTable, keeps_numbers_with_leading_zeros_as_texts) {
  EXPECT_EQ(column_of<Texts>(parse_csv("county\n01001\n6037\n"), 0), (Texts{"01001", "6037"}));
  EXPECT_EQ(column_of<Texts>(parse_csv("code\n-007\n"), 0), (Texts{"-007"}));
  EXPECT_EQ(column_of<Reals>(parse_csv("x\n0\n0.5\n-0.25\n"), 0), (Reals{0, 0.5, -0.25}));
}

TEST(CsvTable, knows_which_cell_makes_a_column_text) {
  const auto cause = [](std::string_view text) { return parse_csv(text).columns.at(0).text_cause; };
  EXPECT_EQ(cause("x\n1\n\n2.5\n n/a? \nb\n"), "'n/a?' in line 5");
  EXPECT_EQ(cause("x,y\n1,\"two\nlines\"\n\"a \"\"b\"\"\nc\",2\n"), "'a \"\"b\"\"' in line 4");
  EXPECT_EQ(cause("x\n6037\n01001\n"), "the leading zeros of '01001' in line 3");
  EXPECT_EQ(cause("x\n1\n\n2.5\n"), "");
}

TEST(CsvTable, says_where_it_is_wrong) {
  EXPECT_EQ(error_of(""), "line 1: there is no header");
  EXPECT_EQ(error_of("\n\n"), "line 1: there is no header");
  EXPECT_EQ(error_of("a,b\n1,2\n1,2,3\n"), "line 3: the row has 3 cells, but the header has 2");
  EXPECT_EQ(error_of("a,b\n\"x\ny\",2\n1\n"), "line 4: the row has 1 cell, but the header has 2");
  EXPECT_EQ(error_of("a,b\n1,2\n\"x,2\n"), "line 3: a quoted cell does not end");
  EXPECT_EQ(error_of("a,b\n\"x\"y,2\n"), "line 2: there is text after the end of a quoted cell");
}

RC_GTEST_PROP(CsvTable, reads_back_reals_bit_by_bit, (std::vector<double> values)) {
  std::string text = "x\n";
  for (double& value : values) {
    if (std::isnan(value)) value = 1;
    text += fmt::format("{}\n", value);
  }
  text += "0.25\n";
  values.push_back(0.25);
  const Reals read = column_of<Reals>(parse_csv(text), 0);
  RC_ASSERT(read.size() == values.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    RC_ASSERT(std::bit_cast<std::uint64_t>(read[i]) == std::bit_cast<std::uint64_t>(values[i]));
}

RC_GTEST_PROP(CsvTable, reads_decimals_as_strtod_does, ()) {
  const auto whole = *rc::gen::arbitrary<std::int64_t>();
  const auto places = *rc::gen::inRange(1, 25);
  std::string digits = std::to_string(whole);
  const std::size_t at = *rc::gen::inRange<std::size_t>(digits[0] == '-' ? 1 : 0, digits.size());
  digits.insert(at,
                "." + std::string(*rc::gen::inRange<std::size_t>(0, static_cast<std::size_t>(places)), '0'));
  const CsvTable table = parse_csv("x,y\n" + digits + ",a\n");
  RC_ASSERT(column_of<Reals>(table, 0)[0] == std::strtod(digits.c_str(), nullptr));
}

RC_GTEST_PROP(CsvTable, reads_back_texts, (std::vector<std::string> values)) {
  std::string text = "x,y\n";
  for (const std::string& value : values) {
    text += "a,\"";
    for (const char c : value) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += "\"\n";
  }
  text += "b,no number\n";
  const CsvTable table = parse_csv(text);
  const Texts read = column_of<Texts>(table, 1);
  RC_ASSERT(read.size() == values.size() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) RC_ASSERT(read[i] == values[i]);
}

}  // namespace
}  // namespace fanfold
