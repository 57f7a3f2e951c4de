// The syntax tree of an expression, and its parser.
#pragma once

#include <fanfold/column.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold::expr {

/// What is wrong with an expression, and where: `offset` counts bytes from its beginning. The caller knows
/// the file.
class ExpressionError : public std::runtime_error {
 public:
  ExpressionError(std::size_t offset, const std::string& message)
      : std::runtime_error(message), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

enum class Operator {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  negate,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  logical_not
};

/// A node of the tree. Which members mean something depends on `kind`.
struct Node {
  enum class Kind { literal, name, call, unary, binary, conditional };
  Kind kind = Kind::literal;
  std::size_t offset = 0;                       ///< of its first byte in the text
  std::size_t length = 0;                       ///< of its text
  Value literal;                                ///< literal
  std::string name;                             ///< name, call
  Operator op{};                                ///< unary, binary
  std::vector<std::unique_ptr<Node>> children;  ///< call: arguments; conditional: condition, then, else
};

/// A parsed expression: owns its text and its tree.
struct Ast {
  std::string text;
  std::unique_ptr<Node> root;
};

/// Parses a whole expression. Throws ExpressionError.
Ast parse(std::string_view text);

/// Parses an expression that may be followed by the word `by` and a comma-separated list of names, as
/// [reduce] has it: "mean(loss) by model, lr". `keys` is empty without one.
struct GroupedAst {
  Ast ast;
  struct Key {
    std::string name;
    std::size_t offset;
  };
  std::vector<Key> keys;
};
GroupedAst parse_grouped(std::string_view text);

/// True if the name may not be given to a param, a value or a result: names of functions and aggregates, and,
/// or, not, by, true, false.
bool is_reserved(std::string_view name);

/// True if the text has the form of a name: a letter or _, then letters, digits and _. (Names with other
/// characters, such as a CSV header "site id", are renamed in the job before an expression can use them.)
bool is_identifier(std::string_view text);

/// The names of all functions of expressions (not the aggregates), sorted.
const std::vector<std::string>& function_names();

/// The names of all aggregates that [reduce] has; they parse as calls and are refused by Program::compile.
const std::vector<std::string>& aggregate_names();

/// True for each of them.
bool is_aggregate(std::string_view name);

}  // namespace fanfold::expr
