#include "kernel/word_characters.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

namespace fanfold {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr Range printable[] = {
#include "kernel/printable_ranges.inc"
};

/// iswspace and printable or ASCII, and the no-break spaces that wc adds to them unless POSIXLY_CORRECT is
/// set. U+2028 and U+2029 are spaces too, but not printable: wc takes no notice of them.
constexpr Range separators[] = {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680},
                                {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x2060}, {0x3000, 0x3000}};

constexpr std::uint32_t code_points = 0x110000;

constexpr void assign(CharacterBitmap& bitmap, Range range, bool value) {
  for (std::uint32_t word = range.first / 64; word <= range.last / 64; ++word) {
    std::uint64_t mask = ~std::uint64_t{0};
    if (word == range.first / 64) mask &= ~std::uint64_t{0} << (range.first % 64);
    if (word == range.last / 64) mask &= ~std::uint64_t{0} >> (63 - range.last % 64);
    bitmap[word] = value ? bitmap[word] | mask : bitmap[word] & ~mask;
  }
}

constexpr CharacterBitmap make_word_characters() {
  CharacterBitmap bitmap{};
  for (const Range& range : printable) assign(bitmap, range, true);
  for (const Range& range : separators) assign(bitmap, range, false);
  return bitmap;
}

}  // namespace

constexpr CharacterBitmap word_characters = make_word_characters();

namespace {

/// Whether all of 64·words code points are word characters.
constexpr bool all_word(std::uint32_t first_word, std::uint32_t words) {
  for (std::uint32_t word = first_word; word < first_word + words; ++word) {
    if (word_characters[word] != ~std::uint64_t{0}) return false;
  }
  return true;
}

constexpr UniformLeads make_uniform_leads() {
  UniformLeads leads{};
  leads.high[0xC] = 1;
  leads.high[0xD] = 2;
  leads.high[0xE] = 4;
  // A lead byte of two bytes covers 64 code points, one of three 4,096. Overlong forms (C0, C1, E0) and
  // surrogates (ED) are no word characters, so their leads are not uniform.
  for (std::uint32_t bits = 0; bits < 16; ++bits) {
    if (all_word(bits, 1)) leads.low[bits] |= leads.high[0xC];
    if (all_word(16 + bits, 1)) leads.low[bits] |= leads.high[0xD];
    if (all_word(64 * bits, 64)) leads.low[bits] |= leads.high[0xE];
  }
  return leads;
}

}  // namespace

constinit const UniformLeads uniform_leads = make_uniform_leads();

CharacterKind character_kind(std::uint32_t code_point) {
  if (code_point >= code_points) return CharacterKind::neutral;
  if ((word_characters[code_point / 64] >> (code_point % 64) & 1) != 0) return CharacterKind::word;
  const auto after =
      std::upper_bound(std::begin(separators), std::end(separators), code_point,
                       [](std::uint32_t value, const Range& range) { return value < range.first; });
  return after != std::begin(separators) && code_point <= std::prev(after)->last ? CharacterKind::separator
                                                                                 : CharacterKind::neutral;
}

bool decode_character(const std::uint8_t* next, const std::uint8_t* end, std::uint32_t& code_point) {
  const std::uint8_t lead = *next;
  if (lead < 0xC2 || lead > 0xFD) return false;
  const int length = std::countl_one(lead);
  if (end - next < length) return false;
  std::uint32_t value = lead & (0x7FU >> length);
  for (int i = 1; i < length; ++i) {
    if ((next[i] & 0xC0) != 0x80) return false;
    value = value << 6 | (next[i] & 0x3FU);
  }
  if (length > 2 && value >> (5 * length - 4) == 0) return false;  // overlong
  if (value >= 0xD800 && value <= 0xDFFF) return false;            // a surrogate
  code_point = value;
  return true;
}

}  // namespace fanfold
