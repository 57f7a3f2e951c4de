#include "job/shell_quotes.hpp"

namespace fanfold {

void ShellQuotes::step(char c, std::string_view next) {
  if (in_comment_) {
    in_comment_ = c != '\n';
  } else if (is_escaped_) {
    is_escaped_ = false;
    begins_word_ = false;
  } else if (state_ == State::in_single) {
    if (c == '\'') state_ = State::outside;
  } else if (state_ == State::in_double) {
    if (c == '"') state_ = State::outside;
    if (c == '\\') is_escaped_ = true;
    if (c == '`' || (c == '$' && next == "(")) state_ = State::unknown;
  } else if (state_ == State::outside) {
    step_outside(c, next);
  }
}

void ShellQuotes::step_outside(char c, std::string_view next) {
  if (c == '#' && begins_word_) in_comment_ = true;
  if (c == '\\') is_escaped_ = true;
  if (c == '\'') state_ = State::in_single;
  if (c == '"') state_ = State::in_double;
  if (c == '<' && next == "<") state_ = State::unknown;
  begins_word_ = std::string_view(" \t\n;&|()").find(c) != std::string_view::npos;
}

}  // namespace fanfold
