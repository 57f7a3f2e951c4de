// Where a place in a command line stands in the quotes of the shell.
#pragma once

#include <string_view>

namespace fanfold {

/// Follows the quotes of a shell script from its beginning. Where it cannot tell (command substitutions in
/// double quotes, here-documents), nothing counts as quoted from there on.
class ShellQuotes {
 public:
  enum class State { outside, in_single, in_double, unknown };

  /// Goes on by a piece of the script.
  void read(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) step(text[i], text.substr(i + 1, 1));
  }
  /// Something that stands for a word, or a part of one, comes here.
  void read_word() {
    is_escaped_ = false;
    begins_word_ = false;
  }
  State state() const { return state_; }

 private:
  void step(char c, std::string_view next);
  void step_outside(char c, std::string_view next);

  State state_ = State::outside;
  bool is_escaped_ = false;
  bool in_comment_ = false;
  bool begins_word_ = true;
};

}  // namespace fanfold
