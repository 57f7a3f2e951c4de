// What expressions give, and where they fail.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "table.hpp"

namespace fanfold::expr {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t greatest_integer = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least_integer = std::numeric_limits<std::int64_t>::min();

Cell integer(std::int64_t value) { return Value(value); }
Cell real(double value) { return Value(value); }
Cell text(std::string value) { return Value(std::move(value)); }
Cell failed(std::string reason) { return Failed{std::move(reason)}; }

struct Example {
  std::string_view expression;
  Cell value;
};

/// Each expression as a constant, which is folded, and the same with its first row in columns.
void expect_values(std::initializer_list<Example> examples, const Table& table = Table()) {
  for (const Example& example : examples) {
    try {
      const std::vector<Cell> cells = table.evaluate(example.expression);
      EXPECT_TRUE(same(cells.at(0), example.value))
          << example.expression << " gives " << cells[0] << ", not " << example.value;
    } catch (const ExpressionError& error) {
      ADD_FAILURE() << example.expression << ": " << error.what();
    }
  }
}

void expect_cells(const std::vector<Cell>& cells, const std::vector<Cell>& expected) {
  ASSERT_EQ(cells.size(), expected.size());
  for (std::size_t row = 0; row < cells.size(); ++row) {
    EXPECT_TRUE(same(cells[row], expected[row]))
        << "row " << row << ": " << cells[row] << ", not " << expected[row];
  }
}

TEST(Evaluate, KeepsIntegersExact) {
  expect_values({{"1 + 2 * 3", integer(7)},
                 {"9007199254740993 + 0", integer(9007199254740993)},
                 {"3037000499 * 3037000499", integer(9223372030926249001)},
                 {"2 ^ 62", integer(std::int64_t{1} << 62)},
                 {"(-2) ^ 63", integer(least_integer)},
                 {"0 ^ 0", integer(1)},
                 {"(-1) ^ 9223372036854775807", integer(-1)},
                 {"-2 ^ 2", integer(-4)},
                 {"7 % 3", integer(1)},
                 {"-7 % 3", integer(2)},
                 {"7 % -3", integer(-2)},
                 {"-9223372036854775808 % -1", integer(0)},
                 {"abs(-5)", integer(5)},
                 {"sign(-5)", integer(-1)},
                 {"min(3, 1, 2)", integer(1)},
                 {"max(3, 1, 2)", integer(3)},
                 {"floor(3)", integer(3)}});
}

TEST(Evaluate, DividesAsReals) {
  expect_values({{"7 / 2", real(3.5)},
                 {"6 / 3", real(2.0)},
                 {"1 / 0", real(inf)},
                 {"-1 / 0", real(-inf)},
                 {"0 / 0", real(nan)},
                 {"int(7 / 2)", integer(3)}});
}

TEST(Evaluate, FailsRowsWithoutAnInteger) {
  expect_values(
      {{"9223372036854775807 + 1", failed("integer overflow in '9223372036854775807 + 1'")},
       {"1 + -9223372036854775807 * 2", failed("integer overflow in '-9223372036854775807 * 2'")},
       {"-(-9223372036854775808)", failed("integer overflow in '-(-9223372036854775808)'")},
       {"abs(-9223372036854775808)", failed("integer overflow in 'abs(-9223372036854775808)'")},
       {"2 ^ 63", failed("integer overflow in '2 ^ 63'")},
       {"3 ^ 9223372036854775807", failed("integer overflow in '3 ^ 9223372036854775807'")},
       {"2 ^ -1", failed("negative exponent of an integer in '2 ^ -1'; write a real base, as in 2.0 ^ i")},
       {"1 + 5 % 0", failed("division by zero in '5 % 0'")},
       {"int(nan)", failed("no integer in 'int(nan)': NaN or beyond 64 bits")},
       {"int(9223372036854775808.0)",
        failed("no integer in 'int(9223372036854775808.0)': NaN or beyond 64 bits")},
       {"int(-9223372036854775808.0)", integer(least_integer)},
       {"(1 % 0) + 2 ^ 63", failed("division by zero in '1 % 0'")}});
}

TEST(Evaluate, MixesIntegersAndRealsAsReals) {
  expect_values({{"1 + 0.5", real(1.5)},
                 {"2 ^ 0.5", real(0x1.6a09e667f3bcdp0)},
                 {"2.0 ^ -1", real(0.5)},
                 {"3.0 ^ 2", real(9.0)},
                 {"1 == 1.0", integer(1)},
                 {"min(1, 0.5)", real(0.5)},
                 {"1 ? 2 : 0.5", real(2.0)},
                 {"real(3)", real(3.0)},
                 {"int(-2.7)", integer(-2)}});
}

TEST(Evaluate, FollowsIeee754) {
  expect_values({{"nan == nan", integer(0)},
                 {"nan != nan", integer(1)},
                 {"nan < 1 or nan >= 1", integer(0)},
                 {"-0.0 == 0", integer(1)},
                 {"-(0.0)", real(-0.0)},
                 {"inf - inf", real(nan)},
                 {"5.5 % 2", real(1.5)},
                 {"-5.5 % 2", real(0.5)},
                 {"5.5 % -2", real(-0.5)},
                 {"-4.0 % 2", real(0.0)},
                 {"4.0 % -2", real(-0.0)},
                 {"5.0 % inf", real(5.0)},
                 {"-5.0 % inf", real(inf)},
                 {"5.0 % 0", real(nan)},
                 {"min(0.0, -0.0)", real(-0.0)},
                 {"max(-0.0, 0.0)", real(0.0)},
                 {"min(1.0, nan)", real(nan)},
                 {"max(nan, 1.0)", real(nan)},
                 {"sign(-0.0)", real(-0.0)},
                 {"sign(-inf)", real(-1.0)},
                 {"sign(nan)", real(nan)},
                 {"round(2.5)", real(2.0)},
                 {"round(-3.5)", real(-4.0)},
                 {"floor(-0.5)", real(-1.0)},
                 {"ceil(-0.5)", real(-0.0)},
                 {"trunc(-1.5)", real(-1.0)},
                 {"isnan(nan) + isinf(-inf) + isfinite(1)", integer(3)}});
}

TEST(Evaluate, DecidesByTruth) {
  expect_values({{"2 and 3", integer(1)},
                 {"0 or 0.5", integer(1)},
                 {"not nan", integer(0)},
                 {"!0.0", integer(1)},
                 {"true and not false", integer(1)},
                 {"0.1 ? 'yes' : 'no'", text("yes")},
                 {"(2 > 1) + (3 > 1)", integer(2)}});
}

TEST(Evaluate, ComparesTextsByBytes) {
  expect_values({{"'Z' < 'a'", integer(1)},
                 {"'a' < 'ab'", integer(1)},
                 {"'é' > 'z'", integer(1)},
                 {"'it''s' == \"it's\"", integer(1)},
                 {"length('naïve')", integer(5)},
                 {"contains('foobar', 'oba')", integer(1)},
                 {"starts_with('foobar', 'bar')", integer(0)},
                 {"ends_with('foobar', 'bar')", integer(1)},
                 {"contains('', '')", integer(1)}});
}

TEST(Evaluate, KnowsPiInfAndNanUnlessTheyAreNamesOfTheJob) {
  expect_values({{"pi", real(0x1.921fb54442d18p1)}, {"inf", real(inf)}, {"nan", real(nan)}});
  expect_values({{"pi", integer(3)}}, Table().constant("pi", std::int64_t{3}));
}

TEST(Evaluate, HasTheElementaryFunctions) {
  const auto near = [](std::string_view expression, double expected) {
    const Cell cell = Table().evaluate(expression)[0];
    EXPECT_NEAR(std::get<double>(std::get<Value>(cell)), expected, 4e-16 * std::abs(expected)) << expression;
  };
  near("exp(1)", 2.718281828459045);
  near("expm1(1e-10)", 1.00000000005e-10);
  near("log(10)", 2.302585092994046);
  near("log1p(1e-10)", 9.9999999995e-11);
  near("log2(10)", 3.321928094887362);
  near("log10(2)", 0.3010299956639812);
  near("pow(2, 0.3)", 1.2311444133449163);
  near("sqrt(2)", 1.4142135623730951);
  near("cbrt(2)", 1.2599210498948732);
  near("hypot(1, 2)", 2.23606797749979);
  near("sin(1)", 0.8414709848078965);
  near("cos(1)", 0.5403023058681398);
  near("tan(1)", 1.5574077246549023);
  near("asin(0.5)", 0.5235987755982989);
  near("acos(0.25)", 1.318116071652818);
  near("atan(2)", 1.1071487177940904);
  near("atan2(-1, -2)", -2.677945044588987);
  near("sinh(1)", 1.1752011936438014);
  near("cosh(1)", 1.543080634815244);
  near("tanh(0.5)", 0.46211715726000973);
  near("asinh(1)", 0.881373587019543);
  near("acosh(2)", 1.3169578969248166);
  near("atanh(0.5)", 0.5493061443340549);
  near("erf(0.5)", 0.5204998778130465);
  near("erfc(0.5)", 0.4795001221869535);
  near("gamma(5.5)", 52.34277778455352);
  near("lgamma(10)", 12.801827480081469);
}

TEST(Evaluate, ReadsColumnsAndConstants) {
  const Table table = Table()
                          .integers("hits", {1, 2, 3})
                          .reals("x", {0.5, 1.5, 2.5})
                          .texts("name", {"a", "b", "c"})
                          .constant("scale", 100.0)
                          .constant("best", std::string("b"));
  expect_cells(table.evaluate("hits * scale"), {real(100), real(200), real(300)});
  expect_cells(table.evaluate("hits"), {integer(1), integer(2), integer(3)});
  expect_cells(table.evaluate("scale"), {real(100), real(100), real(100)});
  expect_cells(table.evaluate("name == best ? 'the ' : name"), {text("a"), text("the "), text("c")});
  expect_cells(table.evaluate("name"), {text("a"), text("b"), text("c")});
  expect_cells(table.evaluate("x > 1 and name != 'c'"), {integer(0), integer(1), integer(0)});
}

double computed(char op, double x, double y) {
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    default:
      return x / y;
  }
}

// Two operations in a row may be one instruction: each is rounded as if it stood alone.
TEST(Evaluate, RoundsEachOperationOfAChain) {
  const std::vector<double> x{0.1, 1e16, 3.7}, y{0.3, 1.1, -2.9}, z{0.7, 3.3, 1e-17};
  const Table table = Table().reals("x", x).reals("y", y).reals("z", z);
  for (const char first : std::string("+-*/")) {
    for (const char second : std::string("+-*/")) {
      std::vector<Cell> left;
      std::vector<Cell> right;
      std::vector<Cell> both;
      for (std::size_t row = 0; row < x.size(); ++row) {
        const double value = computed(first, x[row], y[row]);
        left.push_back(real(computed(second, value, z[row])));
        right.push_back(real(computed(second, z[row], value)));
        both.push_back(real(computed(second, value, computed(first, y[row], z[row]))));
      }
      const auto chain = [&](const char* form) { return fmt::format(fmt::runtime(form), first, second); };
      SCOPED_TRACE(chain("{} and {}"));
      expect_cells(table.evaluate(chain("(x {} y) {} z")), left);
      expect_cells(table.evaluate(chain("z {1} (x {0} y)")), right);
      expect_cells(table.evaluate(chain("(x {0} y) {1} (y {0} z)")), both);
    }
  }
  expect_cells(table.evaluate("(x + y) * (x + y)"),
               {real((x[0] + y[0]) * (x[0] + y[0])), real((x[1] + y[1]) * (x[1] + y[1])),
                real((x[2] + y[2]) * (x[2] + y[2]))});
}

TEST(Evaluate, FailsOnlyTheRowsThatOverflow) {
  const Table table =
      Table().integers("i", {1, greatest_integer, -1, least_integer}).integers("j", {1, 1, -1, -1});
  expect_cells(table.evaluate("i + j"), {integer(2), failed("integer overflow in 'i + j'"), integer(-2),
                                         failed("integer overflow in 'i + j'")});
}

TEST(Evaluate, CountsFailuresOnlyWhereTheyAreChosen) {
  const Table table = Table().integers("i", {0, 2, 0, 3}).integers("j", {7, 7, 8, 8});
  expect_cells(table.evaluate("i == 0 ? -1 : j % i"), {integer(-1), integer(1), integer(-1), integer(2)});
  expect_cells(table.evaluate("i != 0 and j % i == 1"), {integer(0), integer(1), integer(0), integer(0)});
  expect_cells(table.evaluate("i == 0 or j % i == 1"), {integer(1), integer(1), integer(1), integer(0)});
  expect_cells(table.evaluate("j % i == 1 and i != 0"), {failed("division by zero in 'j % i'"), integer(1),
                                                         failed("division by zero in 'j % i'"), integer(0)});
  expect_cells(table.evaluate("j == 7 ? (i == 0 ? 'none' : 'some') : (j % i == 2 ? 'two' : 'other')"),
               {text("none"), text("some"), failed("division by zero in 'j % i'"), text("two")});
}

TEST(Evaluate, NamesTheFirstFailureOfARow) {
  const Table table = Table().integers("i", {0}).integers("j", {greatest_integer});
  expect_cells(table.evaluate("(j + 1) * (j % i)"), {failed("integer overflow in 'j + 1'")});
  expect_cells(table.evaluate("max(j % i, j + 1)"), {failed("division by zero in 'j % i'")});
}

TEST(Evaluate, CutsLongQuotations) {
  const std::string digits(120, '0');
  const Cell cell = Table().evaluate("1 % " + digits)[0];
  EXPECT_TRUE(same(cell, failed("division by zero in '1 % " + std::string(76, '0') + "…'"))) << cell;
}

TEST(Evaluate, LeavesRowsThatFailedBeforeAlone) {
  const Table table = Table().integers("i", {1, 0, 0});
  const Program program = Program::compile(parse("1 % i"), table.scope());
  ColumnBuffer out;
  Scratch scratch;
  RowFailures failures;
  failures.reset(3);
  failures.fail(1, "exit status 3");
  program.evaluate(table.columns(), 3, out, failures, scratch);
  ASSERT_EQ(failures.failures().size(), 2u);
  EXPECT_EQ(failures.failures()[0].reason, "exit status 3");
  EXPECT_EQ(failures.failures()[1].row, 2u);
}

// Vectors touch 8 rows at a time: never one beyond the columns, and every row once.
TEST(Evaluate, WorksAtTheBoundariesOfBlocks) {
  Scratch scratch;
  ColumnBuffer out;
  for (const std::size_t rows : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 127u, 128u, 4095u, 4096u, 300'001u}) {
    std::vector<std::int64_t> i(rows);
    std::vector<double> x(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      i[row] = static_cast<std::int64_t>(row);
      x[row] = 0.5 * static_cast<double>(row);
    }
    const Table table = Table().integers("i", i).reals("x", x);
    RowFailures failures;
    failures.reset(rows);
    const Program program = Program::compile(parse("2 * x + i"), table.scope());
    program.evaluate(table.columns(), rows, out, failures, scratch);
    EXPECT_FALSE(failures.any());
    ASSERT_EQ(out.size(), rows);
    for (std::size_t row = 0; row < rows; ++row)
      ASSERT_EQ(out.reals()[row], 2.0 * static_cast<double>(row)) << rows;
  }
}

TEST(Evaluate, SharesAScratchBetweenPrograms) {
  const Table table = Table().integers("i", {1, 2}).texts("s", {"a", "b"});
  Scratch scratch;
  ColumnBuffer out;
  RowFailures failures;
  failures.reset(2);
  for (const char* expression :
       {"i", "((i + 1) * (i + 2)) % ((i + 3) * (i + 4))", "i > 1 ? s : 'c'", "i % (i - 1)", "-i"}) {
    const Program program = Program::compile(parse(expression), table.scope());
    program.evaluate(table.columns(), 2, out, failures, scratch);
  }
  ASSERT_EQ(failures.failures().size(), 1u);
  EXPECT_EQ(failures.failures()[0].row, 0u);
  EXPECT_EQ(out.integers()[1], -2);
}

TEST(Program, KnowsItsTypeAndSlots) {
  const Table table = Table().integers("i", {1}).reals("x", {1}).texts("s", {"a"});
  const Program program = Program::compile(parse("s == 'a' ? i : 2"), table.scope());
  EXPECT_EQ(program.type(), Type::integer);
  EXPECT_EQ(program.slots(), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(Program::compile(parse("x * i"), table.scope()).type(), Type::real);
  EXPECT_EQ(Program::compile(parse("s"), table.scope()).type(), Type::text);
  EXPECT_TRUE(Program::compile(parse("1 + 1"), table.scope()).slots().empty());
}

TEST(Program, CompilesPartsOfATree) {
  const Table table = Table().integers("i", {greatest_integer});
  const Ast ast = parse("2 * sum(i + 1)");
  const Program program = Program::compile(*ast.root->children[1]->children[0], ast.text, table.scope());
  ColumnBuffer out;
  Scratch scratch;
  RowFailures failures;
  failures.reset(1);
  program.evaluate(table.columns(), 1, out, failures, scratch);
  EXPECT_EQ(failures.failures().at(0).reason, "integer overflow in 'i + 1'");
}

TEST(EvaluateConstant, GivesAValueOrAnError) {
  Scope scope;
  scope.add_constant("n", std::int64_t{10});
  scope.add_column("x", Type::real);
  EXPECT_EQ(evaluate_constant(parse("2 * n"), scope), Value(std::int64_t{20}));
  EXPECT_EQ(evaluate_constant(parse("'a'"), scope), Value(std::string("a")));
  const auto error = [&](std::string_view text) {
    try {
      evaluate_constant(parse(text), scope);
    } catch (const ExpressionError& e) {
      return std::to_string(e.offset()) + ": " + e.what();
    }
    return std::string("no error");
  };
  EXPECT_EQ(error("n + x"), "4: 'x' is not a constant");
  EXPECT_EQ(error("n % 0"), "0: division by zero in 'n % 0'");
  EXPECT_EQ(error("n == 10 ? 1 : n % 0"), "no error");
}

}  // namespace
}  // namespace fanfold::expr
