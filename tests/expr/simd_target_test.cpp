// Every SIMD target of this CPU gives the same bits, and what does not round is the same on those without a
// fused multiply-add too.
#include <gtest/gtest.h>

#include "core/simd_target.hpp"
#include "expr/ast.hpp"
#include "random_expression.hpp"

namespace fanfold::expr {
namespace {

class ChosenTarget {
 public:
  explicit ChosenTarget(const std::string& name) : before_(simd_target()) { choose_simd_target(name); }
  ~ChosenTarget() { choose_simd_target(before_); }
  ChosenTarget(const ChosenTarget&) = delete;
  ChosenTarget& operator=(const ChosenTarget&) = delete;

 private:
  std::string before_;
};

std::vector<Cell> evaluate_on(const std::string& target, const Table& table, const std::string& text) {
  const ChosenTarget chosen(target);
  return table.evaluate(text);
}

void expect_same_on(const std::vector<std::string>& targets, const std::string& text) {
  const Table table = random_table(257, 7);
  const std::vector<Cell> expected = evaluate_on(simd_targets().front(), table, text);
  for (const std::string& target : targets) {
    const std::vector<Cell> cells = evaluate_on(target, table, text);
    for (std::size_t row = 0; row < cells.size(); ++row) {
      ASSERT_TRUE(same(cells[row], expected[row]))
          << text << " on " << target << ", row " << row << ": " << cells[row] << ", not " << expected[row];
    }
  }
}

TEST(SimdTargets, AgreeOnWhatIsRoundedOnce) {
  for (const char* text :
       {"i + j",         "i - j",    "i * j",     "i % j",     "i ^ j",       "-i",
        "abs(i)",        "sign(i)",  "min(i, j)", "max(i, j)", "i / j",       "int(x)",
        "i < j",         "i <= j",   "i == j",    "i != j",    "i > j",       "i >= j",
        "i and j",       "i or j",   "not i",     "x + y",     "x - y",       "x * y",
        "x / y",         "x % y",    "-x",        "abs(x)",    "sign(x)",     "min(x, y)",
        "max(x, y)",     "floor(x)", "ceil(x)",   "round(x)",  "trunc(x)",    "sqrt(x)",
        "x < y",         "x <= y",   "x == y",    "x != y",    "x > y",       "x >= y",
        "x and y",       "not x",    "isnan(x)",  "isinf(x)",  "isfinite(x)", "x < y ? i : j",
        "x < y ? s : t", "s < t",    "real(i)"}) {
    expect_same_on(simd_targets(), text);
  }
}

TEST(SimdTargets, AgreeOnEveryFunctionIfTheyMultiplyAndAddInOne) {
  std::vector<std::string> fused;
  for (const std::string& target : simd_targets()) {
    if (has_fused_multiply_add(target)) fused.push_back(target);
  }
  for (const std::string& name : function_names()) {
    std::string call = name + "(x)";
    if (name == "atan2" || name == "hypot" || name == "pow" || name == "min" || name == "max")
      call = name + "(x, y)";
    if (name == "length") call = name + "(s)";
    if (name == "contains" || name == "starts_with" || name == "ends_with") call = name + "(s, t)";
    expect_same_on(fused, call);
  }
  expect_same_on(fused, "x ^ y");
  expect_same_on(fused, "(x + y) * (x - y) / (x * x + 1.5) + sin(x) * i");
}

}  // namespace
}  // namespace fanfold::expr
