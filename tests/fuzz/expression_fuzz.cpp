// Any bytes as an expression: parsing, compiling and evaluating end with a value, a failed row or an
// ExpressionError whose place lies in the text; what is parsed is printed and parsed again as the same tree.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "expr/printed_tree.hpp"
#include "expr/program.hpp"

namespace fanfold::expr {
namespace {

constexpr std::size_t rows = 67;  // a whole block, and one that ends within a vector

/// Columns i (integer), x (real) and s (text), of values that differ in sign, size and kind.
class Columns {
 public:
  Columns() {
    integers_.reset(Type::integer, rows);
    reals_.reset(Type::real, rows);
    texts_.reset(Type::text, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto number = static_cast<std::int64_t>(row) - 3;
      integers_.integers()[row] = row % 5 == 0 ? INT64_MAX - static_cast<std::int64_t>(row) : number;
      reals_.reals()[row] = static_cast<double>(number) / static_cast<double>(row % 7);
      texts_.texts()[row] = row % 2 == 0 ? "even" : "odd";
    }
    scope.add_column("i", Type::integer);
    scope.add_column("x", Type::real);
    scope.add_column("s", Type::text);
    views[0] = integers_.view();
    views[1] = reals_.view();
    views[2] = texts_.view();
  }
  Scope scope;
  ConstColumn views[3];

 private:
  ColumnBuffer integers_, reals_, texts_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

void evaluate(const Ast& ast) {
  static const Columns columns;
  static Scratch scratch;
  static ColumnBuffer out;
  static RowFailures failures;
  const Program program = Program::compile(ast, columns.scope);
  failures.reset(rows);
  program.evaluate(columns.views, rows, out, failures, scratch);
  require(out.size() == rows && out.type() == program.type());
}

void read(std::string_view text) {
  try {
    const Ast ast = parse(text);
    const std::string once = printed(*ast.root);
    try {
      require(printed(*parse(once).root) == once);
    } catch (const ExpressionError& error) {
      // The parentheses that printing adds may nest it too deep.
      require(std::string_view(error.what()).find("nested over") != std::string_view::npos);
    }
    evaluate(ast);
  } catch (const ExpressionError& error) {
    require(error.offset() <= text.size());
  }
  try {
    const GroupedAst grouped = parse_grouped(text);
    for (const GroupedAst::Key& key : grouped.keys) require(text.substr(key.offset).starts_with(key.name));
  } catch (const ExpressionError& error) {
    require(error.offset() <= text.size());
  }
}

}  // namespace
}  // namespace fanfold::expr

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fanfold::expr::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
