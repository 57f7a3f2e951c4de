// The tokens of an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "expr/ast.hpp"

namespace fanfold::expr {

/// One token. Its text is `text.substr(offset, length)` of the expression.
struct Token {
  enum class Kind {
    end,
    integer,
    real,
    text,
    name,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    power,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
    word_not,
    bang,
    question,
    colon,
    comma,
    open,
    close,
    word_by,
    word_true,
    word_false
  };
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::uint64_t integer = 0;  ///< integer: at most 2^63, of which only −2^63 fits an int64
  double real = 0;            ///< real
  std::string bytes;          ///< text: what stands between the quotes, doubled quotes made single
};

/// Cuts an expression into tokens, one at a time. The text must outlive it.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token; `end` at the end, again and again. Throws ExpressionError.
  Token next();

 private:
  Token number();
  Token quoted();
  Token word();
  Token symbol();
  Token take(Token::Kind kind, std::size_t length);
  bool at(std::string_view expected) const {
    return text_.substr(position_).substr(0, expected.size()) == expected;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

/// What is wrong with an integer literal of 2^63 or more.
ExpressionError integer_out_of_range(std::string_view text, const Token& token);

/// True for the words that are operators or values: and, or, not, by, true, false.
bool is_keyword(std::string_view word);

}  // namespace fanfold::expr
