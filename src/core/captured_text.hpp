// What is kept of a text that may be long: its beginning and its end, and a line between them that says how
// much is missing.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfold {

/// The line that stands for what is left out is their number between these.
inline constexpr std::string_view before_left_out = "\n[", after_left_out = " bytes left out]\n";

/// The first and the last bytes of a stream, half of the limit each.
class CapturedEnds {
 public:
  explicit CapturedEnds(std::size_t limit) : head_limit_(limit - limit / 2), tail_limit_(limit / 2) {}

  void add(std::string_view bytes) {
    const std::size_t to_head = std::min(bytes.size(), head_limit_ - head_.size());
    head_.append(bytes.substr(0, to_head));
    bytes.remove_prefix(to_head);
    if (bytes.empty()) return;
    tail_.append(bytes);
    if (tail_.size() > 2 * tail_limit_ + slack_bytes) cut();  // not at every call: each moves the tail
  }

  /// Bytes that are neither in the beginning nor in the end.
  std::uint64_t left_out() const {
    return left_out_ + (tail_.size() > tail_limit_ ? tail_.size() - tail_limit_ : 0);
  }

  /// The text; if bytes are left out, a line in its middle says how many.
  std::string take() {
    cut();
    if (left_out_ != 0) head_ += fmt::format("{}{}{}", before_left_out, left_out_, after_left_out);
    head_ += tail_;
    return std::move(head_);
  }

 private:
  static constexpr std::size_t slack_bytes = 4096;

  void cut() {
    if (tail_.size() <= tail_limit_) return;
    const std::size_t surplus = tail_.size() - tail_limit_;
    tail_.erase(0, surplus);
    left_out_ += surplus;
  }

  std::size_t head_limit_;
  std::size_t tail_limit_;
  std::string head_;
  std::string tail_;
  std::uint64_t left_out_ = 0;
};

/// A text that is not longer than the limit, but for the line that says what is left out. One that was
/// shortened to the same limit before stays as it is.
inline std::string shortened(std::string text, std::size_t limit) {
  constexpr std::size_t longest_line = 64;
  if (text.size() <= limit + longest_line) return text;
  CapturedEnds ends(limit);
  ends.add(text);
  return ends.take();
}

/// How long a text was before it was shortened to the limit.
inline std::uint64_t size_before(std::string_view text, std::size_t limit) {
  const std::size_t head = limit - limit / 2;
  if (text.size() <= limit || !text.substr(head).starts_with(before_left_out)) return text.size();
  std::uint64_t left_out = 0;
  const char* const digits = text.data() + head + before_left_out.size();
  const char* const after = std::from_chars(digits, text.data() + text.size(), left_out).ptr;
  if (!std::string_view(after, text.data() + text.size()).starts_with(after_left_out)) return text.size();
  return limit + left_out;
}

}  // namespace fanfold
