#include "expr/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace fanfold::expr {
namespace {

using Kind = Token::Kind;

// std::isalpha and its like depend on the locale; a job must not.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Spelling {
  std::string_view text;
  Kind kind;
};

constexpr std::array keywords = {Spelling{"and", Kind::logical_and}, Spelling{"or", Kind::logical_or},
                                 Spelling{"not", Kind::word_not},    Spelling{"by", Kind::word_by},
                                 Spelling{"true", Kind::word_true},  Spelling{"false", Kind::word_false}};

// Longer ones before their beginnings.
constexpr std::array symbols = {
    Spelling{"==", Kind::equal},       Spelling{"!=", Kind::not_equal},  Spelling{"<=", Kind::less_equal},
    Spelling{"&&", Kind::logical_and}, Spelling{"||", Kind::logical_or}, Spelling{">=", Kind::greater_equal},
    Spelling{"+", Kind::add},          Spelling{"-", Kind::subtract},    Spelling{"*", Kind::multiply},
    Spelling{"/", Kind::divide},       Spelling{"%", Kind::modulo},      Spelling{"^", Kind::power},
    Spelling{"<", Kind::less},         Spelling{">", Kind::greater},     Spelling{"!", Kind::bang},
    Spelling{"?", Kind::question},     Spelling{":", Kind::colon},       Spelling{",", Kind::comma},
    Spelling{"(", Kind::open},         Spelling{")", Kind::close}};

// What users of other languages write, and what it is called here.
struct Foreign {
  std::string_view text;
  std::string_view advice;
};
constexpr std::array foreign = {Foreign{"**", "'**' is not an operator; write '^' for a power"},
                                Foreign{"//", "'//' is not an operator; write floor(a / b)"},
                                Foreign{"<>", "'<>' is not an operator; write '!='"},
                                Foreign{"===", "'===' is not an operator; write '=='"},
                                Foreign{"!==", "'!==' is not an operator; write '!='"}};
constexpr std::array foreign_alone = {Foreign{"=", "'=' is not an operator; write '==' to compare"},
                                      Foreign{"&", "'&' is not an operator; write 'and'"},
                                      Foreign{"|", "'|' is not an operator; write 'or'"}};

std::string without_underscores(std::string_view text) {
  std::string digits(text);
  std::erase(digits, '_');
  return digits;
}

/// The number of bytes of the printable UTF-8 character that the text begins with; 0 if it does not begin
/// with one.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  const std::string_view following = text.substr(1, length == 0 ? 0 : length - 1);
  const bool continued =
      std::all_of(following.begin(), following.end(), [](char c) { return (c & 0xC0) == 0x80; });
  return continued && following.size() + 1 == length ? length : 0;
}

}  // namespace

ExpressionError integer_out_of_range(std::string_view text, const Token& token) {
  const std::string_view written = text.substr(token.offset, token.length);
  return {token.offset,
          fmt::format("{0} is out of the range of integers (64 bits); as a real it is {0}.0", written)};
}

bool is_keyword(std::string_view word) {
  return std::any_of(keywords.begin(), keywords.end(), [&](const Spelling& s) { return s.text == word; });
}

bool is_identifier(std::string_view text) {
  return !text.empty() && is_name_start(text[0]) && std::all_of(text.begin(), text.end(), is_name_part);
}

Token Lexer::next() {
  while (position_ < text_.size() && is_space(text_[position_])) ++position_;
  if (position_ == text_.size()) return take(Kind::end, 0);
  const char first = text_[position_];
  const bool digit_follows = position_ + 1 < text_.size() && is_digit(text_[position_ + 1]);
  if (is_digit(first) || (first == '.' && digit_follows)) return number();
  if (first == '\'' || first == '"') return quoted();
  if (is_name_start(first)) return word();
  return symbol();
}

Token Lexer::take(Kind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.offset = position_;
  token.length = length;
  position_ += length;
  return token;
}

// digits [. digits] [e [+-] digits], or . digits …; single underscores between digits.
Token Lexer::number() {
  std::size_t end = position_;
  const auto here = [&] { return end < text_.size() ? text_[end] : '\0'; };
  const auto digits = [&] {
    while (is_digit(here()) ||
           (here() == '_' && is_digit(text_[end - 1]) && end + 1 < text_.size() && is_digit(text_[end + 1])))
      ++end;
  };
  bool real = false;
  digits();
  if (here() == '.') {
    real = true;
    ++end;
    digits();
  }
  if (here() == 'e' || here() == 'E') {
    std::size_t exponent = end + 1;
    if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
    if (exponent < text_.size() && is_digit(text_[exponent])) {
      real = true;
      end = exponent;
      digits();
    }
  }
  if (is_name_part(here()) || here() == '.') {
    while (is_name_part(here()) || here() == '.') ++end;
    throw ExpressionError(position_,
                          fmt::format("'{}' is not a number", text_.substr(position_, end - position_)));
  }

  Token token = take(real ? Kind::real : Kind::integer, end - position_);
  const std::string_view written = text_.substr(token.offset, token.length);
  const std::string number = without_underscores(written);
  if (real) {
    const auto result = std::from_chars(number.data(), number.data() + number.size(), token.real);
    const bool mantissa_is_zero = number.find_first_of("123456789") >= number.find_first_of("eE");
    if (result.ec != std::errc() || std::isinf(token.real) || (token.real == 0 && !mantissa_is_zero)) {
      throw ExpressionError(token.offset, fmt::format("{} is out of the range of reals", written));
    }
  } else {
    const auto result = std::from_chars(number.data(), number.data() + number.size(), token.integer);
    if (result.ec != std::errc() || token.integer > std::uint64_t{1} << 63) {
      throw integer_out_of_range(text_, token);
    }
  }
  return token;
}

// Text between two quotes of one kind; the same quote inside is written twice. A backslash is a byte like
// others.
Token Lexer::quoted() {
  const char quote = text_[position_];
  std::string bytes;
  for (std::size_t i = position_ + 1; i < text_.size(); ++i) {
    if (text_[i] == quote) {
      if (i + 1 == text_.size() || text_[i + 1] != quote) {
        Token token = take(Kind::text, i + 1 - position_);
        token.bytes = std::move(bytes);
        return token;
      }
      ++i;
    }
    bytes.push_back(text_[i]);
  }
  throw ExpressionError(position_, fmt::format("this text has no closing {}", quote));
}

Token Lexer::word() {
  std::size_t end = position_;
  while (end < text_.size() && is_name_part(text_[end])) ++end;
  const std::string_view spelling = text_.substr(position_, end - position_);
  for (const Spelling& keyword : keywords) {
    if (keyword.text == spelling) return take(keyword.kind, spelling.size());
  }
  return take(Kind::name, spelling.size());
}

Token Lexer::symbol() {
  for (const Foreign& other : foreign) {
    if (at(other.text)) throw ExpressionError(position_, std::string(other.advice));
  }
  for (const Spelling& spelling : symbols) {
    if (at(spelling.text)) return take(spelling.kind, spelling.text.size());
  }
  for (const Foreign& other : foreign_alone) {
    if (at(other.text)) throw ExpressionError(position_, std::string(other.advice));
  }
  const std::size_t length = character_length(text_.substr(position_));
  if (length == 0) {
    const auto byte = static_cast<unsigned char>(text_[position_]);
    throw ExpressionError(position_, fmt::format("unexpected byte 0x{:02x}", byte));
  }
  throw ExpressionError(position_, fmt::format("unexpected character '{}'", text_.substr(position_, length)));
}

}  // namespace fanfold::expr
