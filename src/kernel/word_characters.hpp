// What characters are, which make up words, and which separate them: as `wc` sees it in the locale C.UTF-8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfold {

/// What a character does to words. GNU wc (coreutils 9.1) ends a word at a separator, and begins one at any
/// other printable character; the others, control characters and code points that Unicode has not assigned
/// among them, do neither: "a\0b" is one word, "\0" is none.
enum class CharacterKind : std::uint8_t { neutral, word, separator };

/// The kind of a code point. From 0x110000 on, which glibc decodes but Unicode does not have, it is neutral.
CharacterKind character_kind(std::uint32_t code_point);

/// Decodes the character that begins at `next`, a byte that is not ASCII, as glibc does: UTF-8 as of RFC
/// 2279, with up to six bytes, neither overlong nor a surrogate. Returns false if no character begins there.
/// Precondition: next < end.
bool decode_character(const std::uint8_t* next, const std::uint8_t* end, std::uint32_t& code_point);

/// Bit c % 64 of element c / 64 says whether code point c is a word character.
using CharacterBitmap = std::array<std::uint64_t, 0x110000 / 64>;
extern const CharacterBitmap word_characters;

/// The UTF-8 lead bytes of two and three bytes after which nothing but word characters can come, as two
/// tables: lead byte b is one of them if uniform_leads.low[b % 16] & uniform_leads.high[b / 16] is not 0.
struct UniformLeads {
  alignas(16) std::array<std::uint8_t, 16> low;
  alignas(16) std::array<std::uint8_t, 16> high;
};
extern const UniformLeads uniform_leads;

/// What was counted of a text so far.
struct WordCounts {
  std::uint64_t words = 0;
  std::uint64_t lines = 0;
  std::uint64_t characters = 0;
  bool in_word = false;  ///< what follows may belong to the last word
};

}  // namespace fanfold
