#include "run/failure_template.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace fanfold {
namespace {

constexpr std::size_t most_bytes = 500;
constexpr std::size_t least_hex_digits = 4;
constexpr std::string_view masked_text = "…";
constexpr std::string_view temporary = "/tmp/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 characters beyond ASCII count as letters.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// Walks through a line once, from left to right.
class Masking {
 public:
  Masking(std::string_view line, std::span<const std::string> params) : line_(line), params_(params) {}

  std::string result() && {
    while (at_ < line_.size()) {
      if (!mask_param() && !mask_quoted() && !mask_number() && !mask_temporary()) copy(1);
    }
    return std::move(masked_);
  }

 private:
  bool after_word() const { return at_ > 0 && is_word(line_[at_ - 1]); }
  bool ends_at(std::size_t end) const { return end >= line_.size() || !is_word(line_[end]); }
  void copy(std::size_t count) {
    masked_ += line_.substr(at_, count);
    at_ += count;
  }
  bool mask(std::size_t end, std::string_view by) {
    masked_ += by;
    at_ = end;
    return true;
  }

  bool mask_param() {
    if (after_word()) return false;
    std::size_t longest = 0;
    for (const std::string& param : params_) {
      if (param.size() > longest && line_.substr(at_).starts_with(param) && ends_at(at_ + param.size()))
        longest = param.size();
    }
    return longest > 0 && mask(at_ + longest, masked_text);
  }

  bool mask_quoted() {
    const char quote = line_[at_];
    if ((quote != '\'' && quote != '"' && quote != '`') || after_word() || word_before() == "in")
      return false;
    for (std::size_t end = line_.find(quote, at_ + 1); end != std::string_view::npos;
         end = line_.find(quote, end + 1)) {
      if (!ends_at(end + 1)) continue;  // the apostrophe of "it's"
      copy(1);
      mask(end, masked_text);
      copy(1);
      return true;
    }
    return false;
  }

  bool mask_number() {
    const std::size_t end = end_of_number();
    if (end == at_) return false;
    if (!after_word() && says_what_happened()) {
      copy(end - at_);
      return true;
    }
    return mask(end, "#");
  }

  /// The end of the number that begins here; here, if none does.
  std::size_t end_of_number() const {
    std::size_t end = at_;
    if (!after_word()) {
      if (const std::size_t hex = end_of_hexadecimal(); hex != at_) return hex;
      if (line_[end] == '-' || line_[end] == '+') ++end;
    }
    if (end == line_.size() || !is_digit(line_[end])) return at_;
    end = end_of_digits(end);
    if (end + 1 < line_.size() && line_[end] == '.' && is_digit(line_[end + 1])) end = end_of_digits(end + 1);
    if (end < line_.size() && (line_[end] == 'e' || line_[end] == 'E')) {
      const std::size_t sign =
          end + 1 < line_.size() && (line_[end + 1] == '-' || line_[end + 1] == '+') ? 1 : 0;
      const std::size_t exponent = end_of_digits(end + 1 + sign);
      if (exponent > end + 1 + sign && ends_at(exponent)) end = exponent;
    }
    return end;
  }

  std::size_t end_of_digits(std::size_t from) const {
    while (from < line_.size() && is_digit(line_[from])) ++from;
    return from;
  }

  std::size_t end_of_hexadecimal() const {
    const bool prefixed = line_.substr(at_).starts_with("0x");
    const std::size_t begin = at_ + (prefixed ? 2 : 0);
    std::size_t end = begin;
    bool has_digit = prefixed;
    for (; end < line_.size() && is_hex(line_[end]); ++end) has_digit = has_digit || is_digit(line_[end]);
    const bool long_enough = end - begin >= (prefixed ? 1 : least_hex_digits);
    return has_digit && long_enough && ends_at(end) ? end : at_;
  }

  bool mask_temporary() {
    if (!line_.substr(at_).starts_with(temporary)) return false;
    copy(temporary.size());
    const std::size_t end = std::min(line_.find_first_of("/ \t'\":", at_), line_.size());
    if (end > at_) mask(end, masked_text);
    return true;
  }

  /// The word before this place, without what stands between.
  std::string_view word_before() const {
    std::size_t end = at_;
    while (end > 0 && !is_word(line_[end - 1])) --end;
    std::size_t begin = end;
    while (begin > 0 && is_word(line_[begin - 1])) --begin;
    return line_.substr(begin, end - begin);
  }

  bool says_what_happened() const {
    constexpr std::array<std::string_view, 5> words{"code", "signal", "status", "errno", "error"};
    std::string word(word_before());
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  std::string_view line_;
  std::span<const std::string> params_;
  std::size_t at_ = 0;
  std::string masked_;
};

}  // namespace

std::string failure_template(std::string_view line, std::span<const std::string> params) {
  return Masking(line.substr(0, most_bytes), params).result();
}

}  // namespace fanfold
