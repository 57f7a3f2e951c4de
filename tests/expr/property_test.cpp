// Random expressions by column, against the reference row by row: exactly equal, failures and their reasons
// included.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/simd_target.hpp"
#include "printed_tree.hpp"
#include "random_expression.hpp"
#include "reference.hpp"

namespace fanfold::expr {
namespace {

Row row_of(const Table& table, std::size_t row) {
  Row values;
  for (const Scope::Entry& entry : table.scope().entries())
    values[entry.name] = table.columns()[entry.slot].value(row);
  return values;
}

void expect_as_reference(const std::string& text, const Table& table) {
  const Ast ast = parse(text);
  const std::vector<Cell> cells = table.evaluate(ast);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Cell expected = reference_value(*ast.root, ast.text, row_of(table, row));
    if (same(cells[row], expected)) continue;
    std::ostringstream message;
    message << text << "\nrow " << row << " of " << table.rows() << ": " << cells[row]
            << "\nexpected: " << expected;
    RC_FAIL(message.str());
  }
}

std::string any_expression() {
  const int depth = *rc::gen::inRange(0, 6);
  return *rc::gen::inRange(0, 5) == 0 ? RandomExpression::text(depth) : RandomExpression::number(depth);
}

RC_GTEST_PROP(Evaluate, AgreesWithTheReferenceRowByRow, ()) {
  const auto rows = *rc::gen::element<std::size_t>(0, 1, 7, 8, 9, 63, 64, 65, 130);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  expect_as_reference(any_expression(), random_table(rows, seed));
}

// Every block boundary at once, and failures in many blocks.
RC_GTEST_PROP(Evaluate, AgreesOverManyBlocks, ()) {
  expect_as_reference(any_expression(), random_table(4096, *rc::gen::arbitrary<std::uint64_t>()));
}

// Folding constants gives what evaluating them in every row gives.
RC_GTEST_PROP(Evaluate, GivesTheSameOfConstantsAsOfColumns, ()) {
  const Table columns = random_table(1, *rc::gen::arbitrary<std::uint64_t>());
  Table constants;
  for (const Scope::Entry& entry : columns.scope().entries()) {
    constants.constant(entry.name, columns.columns()[entry.slot].value(0));
  }
  const std::string text = any_expression();
  RC_LOG() << text;
  RC_ASSERT(same(constants.evaluate(text)[0], columns.evaluate(text)[0]));
}

RC_GTEST_PROP(Parse, ReadsWhatIsPrinted, ()) {
  const Ast ast = parse(any_expression());
  const std::string text = printed(*ast.root);
  RC_ASSERT(printed(*parse(text).root) == text);
}

}  // namespace
}  // namespace fanfold::expr
