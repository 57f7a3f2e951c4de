// UTF-8, as RFC 3629 has it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fanfold {

/// What some programs begin a text file with (RFC 3629, section 6); no part of the text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The character that begins at `at`, which moves behind it; none if the bytes are not UTF-8 (RFC 3629).
inline std::optional<char32_t> next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t length = first < 0x80       ? 1
                             : first >> 5 == 6  ? 2
                             : first >> 4 == 14 ? 3
                             : first >> 3 == 30 ? 4
                                                : 0;
  if (length == 0 || at + length > text.size()) return std::nullopt;
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  char32_t character = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(at + i) >> 6 != 2) return std::nullopt;
    character = character << 6 | (byte(at + i) & 0x3FU);
  }
  const bool is_surrogate = character >= 0xD800 && character < 0xE000;
  if (character < least[length] || character > 0x10FFFF || is_surrogate) return std::nullopt;
  at += length;
  return character;
}

/// One that a terminal does not show as itself: below the blank, or DEL.
constexpr bool is_control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace fanfold
