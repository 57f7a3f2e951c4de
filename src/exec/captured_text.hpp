// What is kept of a text that may be long: its beginning, or its end, and a line that says how much is
// missing.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfold {

inline std::string bytes_left_out(std::uint64_t count) { return fmt::format("[{} bytes left out]\n", count); }

/// The first bytes of a stream.
class CapturedHead {
 public:
  explicit CapturedHead(std::size_t limit) : limit_(limit) {}

  void add(std::string_view bytes) {
    const std::size_t kept = std::min(bytes.size(), limit_ - text_.size());
    text_.append(bytes.substr(0, kept));
    left_out_ += bytes.size() - kept;
  }
  std::uint64_t left_out() const { return left_out_; }

  /// The text; if bytes are left out, a line at its end says how many.
  std::string take() {
    if (left_out_ != 0) text_ += "\n" + bytes_left_out(left_out_);
    return std::move(text_);
  }

 private:
  std::size_t limit_;
  std::string text_;
  std::uint64_t left_out_ = 0;
};

/// The last bytes of a stream.
class CapturedTail {
 public:
  explicit CapturedTail(std::size_t limit) : limit_(limit) {}

  void add(std::string_view bytes) {
    text_.append(bytes);
    if (text_.size() > 2 * limit_) cut();  // not at every call: each moves the tail
  }

  /// The text; if bytes are left out, a line at its beginning says how many.
  std::string take() {
    if (text_.size() > limit_) cut();
    return left_out_ == 0 ? std::move(text_) : bytes_left_out(left_out_) + text_;
  }

 private:
  void cut() {
    const std::size_t surplus = text_.size() - limit_;
    text_.erase(0, surplus);
    left_out_ += surplus;
  }

  std::size_t limit_;
  std::string text_;
  std::uint64_t left_out_ = 0;
};

}  // namespace fanfold
