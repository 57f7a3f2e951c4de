// Numbers as text, many at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fanfold {

/// Reads numbers that white space separates (space, \t, \n, \v, \f, \r) from a text, piece by piece.
/// A number is decimal, with a sign, a point and an exponent (1e-3) as they come, or inf or nan. It is
/// rounded correctly to a double.
class NumberText {
 public:
  explicit NumberText(std::string_view text) : text_(text) {}

  /// Reads numbers into `values`, as many as there are and fit; returns how many. Less than fit: the text has
  /// ended, or there is what is no number: see bad_token.
  std::size_t read(std::span<double> values);

  /// What stands where a number should; empty if all is well.
  std::string_view bad_token() const { return bad_; }

  /// How many bytes lie before the next number, or before the bad token.
  std::size_t position() const { return position_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  std::string_view bad_;
};

}  // namespace fanfold
