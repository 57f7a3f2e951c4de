#include "job/sql_quotes.hpp"

#include <algorithm>

namespace fanfold {
namespace {

bool is_tag_character(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// "$tag$" at the beginning of a text; empty if there is none.
std::string_view dollar_mark(std::string_view text) {
  if (text.front() != '$') return {};
  const auto end = std::find_if_not(text.begin() + 1, text.end(), is_tag_character);
  if (end == text.end() || *end != '$') return {};
  return text.substr(0, static_cast<std::size_t>(end - text.begin()) + 1);
}

}  // namespace

std::string_view SqlQuotes::place() const {
  if (state_ == State::outside) return {};
  return state_ == State::line_comment || state_ == State::block_comment ? "a comment" : "quotes";
}

std::size_t SqlQuotes::step(std::string_view text) {
  const auto ends = [&](std::string_view mark) {
    if (!text.starts_with(mark)) return std::size_t{1};
    state_ = State::outside;  // a doubled quote ends it and begins it again
    return mark.size();
  };
  switch (state_) {
    case State::outside:
      return step_outside(text);
    case State::text:
      return ends("'");
    case State::name:
      return ends("\"");
    case State::line_comment:
      return ends("\n");
    case State::block_comment:
      return ends("*/");
    case State::dollar:
      return ends(dollar_);
  }
  return 1;
}

std::size_t SqlQuotes::step_outside(std::string_view text) {
  const auto begins = [&](State state, std::size_t length) {
    state_ = state;
    return length;
  };
  if (text.front() == '\'') return begins(State::text, 1);
  if (text.front() == '"') return begins(State::name, 1);
  if (text.starts_with("--")) return begins(State::line_comment, 2);
  if (text.starts_with("/*")) return begins(State::block_comment, 2);
  if (const std::string_view mark = dollar_mark(text); !mark.empty()) {
    dollar_ = mark;
    return begins(State::dollar, mark.size());
  }
  return 1;
}

bool has_second_statement(std::string_view sql) {
  constexpr std::string_view between = " \t\r\n;";
  SqlQuotes quotes;
  for (bool has_ended = false; !sql.empty();) {
    const bool was_outside = quotes.place().empty();
    const char first = sql.front();
    sql.remove_prefix(quotes.step(sql));
    if (!was_outside || quotes.place() == "a comment") continue;
    if (has_ended && between.find(first) == std::string_view::npos) return true;
    has_ended = has_ended || first == ';';
  }
  return false;
}

}  // namespace fanfold
