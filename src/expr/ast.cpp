// The parser: a Pratt parser over the tokens. Its recursion is bounded by `max_nesting`, the depth of its
// trees by `max_depth`, so that whoever walks a tree may recurse.
#include "expr/ast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "expr/lexer.hpp"

namespace fanfold::expr {
namespace {

using Kind = Token::Kind;

constexpr int max_nesting = 200;  // parentheses, arguments, unary operators, powers and conditionals
constexpr int max_depth = 1000;   // of a tree: a + b + c + … is as deep as it has operators

// How tightly operators bind.
enum Precedence {
  loosest,
  disjunction,
  conjunction,
  negation,
  comparison,
  additive,
  multiplicative,
  unary,
  exponent
};

struct Binary {
  Operator op;
  Precedence precedence;
};

std::optional<Binary> binary_operator(Kind kind) {
  switch (kind) {
    case Kind::logical_or:
      return Binary{Operator::logical_or, disjunction};
    case Kind::logical_and:
      return Binary{Operator::logical_and, conjunction};
    case Kind::equal:
      return Binary{Operator::equal, comparison};
    case Kind::not_equal:
      return Binary{Operator::not_equal, comparison};
    case Kind::less:
      return Binary{Operator::less, comparison};
    case Kind::less_equal:
      return Binary{Operator::less_equal, comparison};
    case Kind::greater:
      return Binary{Operator::greater, comparison};
    case Kind::greater_equal:
      return Binary{Operator::greater_equal, comparison};
    case Kind::add:
      return Binary{Operator::add, additive};
    case Kind::subtract:
      return Binary{Operator::subtract, additive};
    case Kind::multiply:
      return Binary{Operator::multiply, multiplicative};
    case Kind::divide:
      return Binary{Operator::divide, multiplicative};
    case Kind::modulo:
      return Binary{Operator::modulo, multiplicative};
    case Kind::power:
      return Binary{Operator::power, exponent};
    default:
      return std::nullopt;
  }
}

/// A tree, and the part of the text that it came from with the parentheses around it.
struct Parsed {
  std::unique_ptr<Node> node;
  std::size_t begin = 0;
  std::size_t end = 0;
  int depth = 1;
  bool bare_comparison = false;  ///< a comparison without parentheses: it takes no second operator
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text), token_(lexer_.next()) {}

  std::unique_ptr<Node> whole() {
    Parsed root = conditional_without_end();
    expect_end();
    return std::move(root.node);
  }

  std::unique_ptr<Node> grouped(std::vector<GroupedAst::Key>& keys) {
    Parsed root = conditional_without_end();
    if (accept(Kind::word_by)) {
      do {
        keys.push_back(key(keys));
      } while (accept(Kind::comma));
      if (token_.kind != Kind::end) fail_expected("',' or the end");
    }
    expect_end();
    return std::move(root.node);
  }

 private:
  Parsed conditional_without_end() {
    if (token_.kind == Kind::end) throw ExpressionError(token_.offset, "the expression is empty");
    return conditional();
  }

  // condition ? then : else, the loosest of all, to the right.
  Parsed conditional() {
    Parsed condition = binary(loosest);
    if (!accept(Kind::question)) return condition;
    Parsed then = nested([&] { return conditional(); });
    if (token_.kind != Kind::colon) fail_expected("':' and the value otherwise");
    advance();
    Parsed otherwise = nested([&] { return conditional(); });
    Parsed result = make(Node::Kind::conditional, condition.begin, otherwise.end);
    adopt(result, std::move(condition));
    adopt(result, std::move(then));
    adopt(result, std::move(otherwise));
    return result;
  }

  // Operands and the operators between them that bind tighter than `outer`.
  Parsed binary(Precedence outer) {
    Parsed left = operand(outer);
    while (const std::optional<Binary> next = binary_operator(token_.kind)) {
      if (next->precedence <= outer) break;
      if (next->precedence == comparison && left.bare_comparison) {
        throw ExpressionError(token_.offset, "comparisons do not chain; write 'a < b and b < c'");
      }
      advance();
      // The right side of ^ may be another ^, or a sign: 2 ^ -x ^ 2 is 2 ^ (-(x ^ 2)).
      Parsed right =
          next->precedence == exponent ? nested([&] { return binary(unary); }) : binary(next->precedence);
      left = join(next->op, std::move(left), std::move(right));
      left.bare_comparison = next->precedence == comparison;
    }
    return left;
  }

  Parsed operand(Precedence outer) {
    switch (token_.kind) {
      case Kind::subtract:
        return negated();
      case Kind::bang:
        return prefixed(Operator::logical_not, multiplicative);
      case Kind::word_not:
        if (outer >= comparison) throw ExpressionError(token_.offset, "put 'not …' in parentheses here");
        return prefixed(Operator::logical_not, conjunction);
      case Kind::open:
        return parenthesised();
      case Kind::name:
        return named();
      case Kind::word_by:
        throw ExpressionError(token_.offset, "'by' can be used in [reduce] only, after a whole expression");
      default:
        return literal();
    }
  }

  // -x. The sign belongs to one literal only, the smallest integer, whose magnitude is no integer.
  Parsed negated() {
    const Token sign = token_;
    Lexer ahead = lexer_;
    const Token magnitude = ahead.next();
    if (!is_two_to_63(magnitude) || ahead.next().kind == Kind::power)
      return prefixed(Operator::negate, multiplicative);
    advance();
    advance();
    Parsed smallest = make(Node::Kind::literal, sign.offset, magnitude.offset + magnitude.length);
    smallest.node->literal = std::numeric_limits<std::int64_t>::min();
    return smallest;
  }

  Parsed prefixed(Operator op, Precedence outer) {
    const std::size_t begin = token_.offset;
    advance();
    Parsed inner = nested([&] { return binary(outer); });
    Parsed result = make(Node::Kind::unary, begin, inner.end);
    result.node->op = op;
    adopt(result, std::move(inner));
    return result;
  }

  Parsed parenthesised() {
    const std::size_t begin = token_.offset;
    advance();
    Parsed inner = nested([&] { return conditional(); });
    if (token_.kind != Kind::close) fail_expected("an operator or ')'");
    inner.begin = begin;
    inner.end = token_.offset + token_.length;
    inner.bare_comparison = false;
    advance();
    return inner;
  }

  Parsed named() {
    const Token name = token_;
    advance();
    if (token_.kind != Kind::open) {
      Parsed result = make(Node::Kind::name, name.offset, name.offset + name.length);
      result.node->name = text_.substr(name.offset, name.length);
      return result;
    }
    advance();
    Parsed result = make(Node::Kind::call, name.offset, name.offset);
    result.node->name = text_.substr(name.offset, name.length);
    if (token_.kind != Kind::close) {
      do {
        adopt(result, nested([&] { return conditional(); }));
      } while (accept(Kind::comma));
      if (token_.kind != Kind::close) fail_expected("an operator, ',' or ')'");
    }
    result.end = token_.offset + token_.length;
    result.node->length = result.end - result.begin;
    advance();
    return result;
  }

  Parsed literal() {
    Parsed result = make(Node::Kind::literal, token_.offset, token_.offset + token_.length);
    switch (token_.kind) {
      case Kind::integer:
        if (is_two_to_63(token_)) throw integer_out_of_range(text_, token_);
        result.node->literal = static_cast<std::int64_t>(token_.integer);
        break;
      case Kind::real:
        result.node->literal = token_.real;
        break;
      case Kind::text:
        result.node->literal = std::move(token_.bytes);
        break;
      case Kind::word_true:
        result.node->literal = std::int64_t{1};
        break;
      case Kind::word_false:
        result.node->literal = std::int64_t{0};
        break;
      default:
        fail_expected("a value");
    }
    advance();
    return result;
  }

  static bool is_two_to_63(const Token& token) {
    return token.kind == Kind::integer && token.integer == std::uint64_t{1} << 63;
  }

  GroupedAst::Key key(const std::vector<GroupedAst::Key>& before) {
    if (token_.kind != Kind::name) fail_expected("a name to group by");
    const std::string name(text_.substr(token_.offset, token_.length));
    const auto same = [&](const GroupedAst::Key& other) { return other.name == name; };
    if (std::any_of(before.begin(), before.end(), same)) {
      throw ExpressionError(token_.offset, fmt::format("'{}' is named twice after 'by'", name));
    }
    GroupedAst::Key result{name, token_.offset};
    advance();
    return result;
  }

  Parsed join(Operator op, Parsed left, Parsed right) {
    Parsed result = make(Node::Kind::binary, left.begin, right.end);
    result.node->op = op;
    adopt(result, std::move(left));
    adopt(result, std::move(right));
    return result;
  }

  static Parsed make(Node::Kind kind, std::size_t begin, std::size_t end) {
    Parsed result;
    result.node = std::make_unique<Node>();
    result.node->kind = kind;
    result.node->offset = result.begin = begin;
    result.end = end;
    result.node->length = end - begin;
    return result;
  }

  static void adopt(Parsed& parent, Parsed child) {
    parent.depth = std::max(parent.depth, child.depth + 1);
    if (parent.depth > max_depth + 1) {
      throw ExpressionError(parent.begin,
                            fmt::format("the expression has over {} operators in a row", max_depth));
    }
    parent.node->children.push_back(std::move(child.node));
  }

  template <typename Rule>
  Parsed nested(Rule rule) {
    if (nesting_ == max_nesting) {
      throw ExpressionError(token_.offset,
                            fmt::format("the expression is nested over {} levels deep", max_nesting));
    }
    ++nesting_;
    Parsed result = rule();
    --nesting_;
    return result;
  }

  void advance() { token_ = lexer_.next(); }
  bool accept(Kind kind) {
    if (token_.kind != kind) return false;
    advance();
    return true;
  }

  void expect_end() {
    if (token_.kind == Kind::word_by) {
      throw ExpressionError(token_.offset, "'by' can be used in [reduce] only, after a whole expression");
    }
    if (token_.kind != Kind::end) fail_expected("an operator or the end");
  }

  [[noreturn]] void fail_expected(std::string_view what) const {
    const std::string_view written = text_.substr(token_.offset, token_.length);
    const std::string found = token_.kind == Kind::end    ? std::string("the end")
                              : token_.kind == Kind::text ? std::string(written)
                                                          : fmt::format("'{}'", written);
    throw ExpressionError(token_.offset, fmt::format("expected {}, found {}", what, found));
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  int nesting_ = 0;
};

}  // namespace

Ast parse(std::string_view text) {
  Parser parser(text);
  return Ast{std::string(text), parser.whole()};
}

GroupedAst parse_grouped(std::string_view text) {
  Parser parser(text);
  GroupedAst result;
  result.ast.root = parser.grouped(result.keys);
  result.ast.text = text;
  return result;
}

}  // namespace fanfold::expr
