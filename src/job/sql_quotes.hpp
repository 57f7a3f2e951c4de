// Where a place in an SQL statement stands in quotes or in a comment.
#pragma once

#include <string>
#include <string_view>

namespace fanfold {

/// Follows a statement from its beginning: 'texts', "names", -- comments, /* comments */ and $tag$ texts of
/// PostgreSQL.
class SqlQuotes {
 public:
  /// Goes on by a piece of the statement.
  void read(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) at += step(text.substr(at));
  }
  /// Reads a mark or a character, and returns its length.
  std::size_t step(std::string_view text);
  /// What it stands in: "quotes", "a comment"; empty outside.
  std::string_view place() const;

 private:
  enum class State { outside, text, name, line_comment, block_comment, dollar };
  std::size_t step_outside(std::string_view text);

  State state_ = State::outside;
  std::string dollar_;  // "$tag$", which ends the text as well
};

/// True if there is more than blanks and comments behind the semicolon that ends the first statement.
bool has_second_statement(std::string_view sql);

}  // namespace fanfold
