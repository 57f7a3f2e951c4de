// The kernel `words`: words, lines and characters of a task's input, exactly as GNU wc counts them in the
// locale C.UTF-8 (coreutils 9.1, glibc 2.36), bytes that are not UTF-8 included:
// - a line is a newline;
// - characters and words are as word_characters.hpp says;
// - a byte that does not begin a character is skipped: it is none, and neither ends nor begins a word.
//
// The input is taken 64 bytes at a time, as masks with a bit for each byte.
#include <fanfold/kernel.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "kernel/word_characters.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/words.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t block_bytes = 64;
using BlockTag = hn::CappedTag<std::uint8_t, block_bytes>;

/// Of each byte of a block, whether it … (the first two: of ASCII at first, and then of all characters)
struct CharacterMasks {
  std::uint64_t word = 0;       ///< begins a word character
  std::uint64_t separator = 0;  ///< begins a separator
  std::uint64_t newline = 0;
  std::uint64_t high = 0;  ///< is not ASCII
};

/// Of each byte of a block that is not all ASCII, whether it …
struct Utf8Masks {
  std::uint64_t continuation = 0;  ///< is 0x80 … 0xBF
  std::uint64_t uniform = 0;       ///< is a uniform lead, see word_characters.hpp
  std::uint64_t three = 0;         ///< is 0xE0 or above
  std::uint64_t four = 0;          ///< is 0xF0 or above
  std::uint64_t five = 0;          ///< is 0xF8 or above
};

/// Adds the mask of one vector to that of its block.
template <class Mask>
HWY_INLINE void add_mask(BlockTag d, Mask mask, std::size_t offset, std::uint64_t& block) {
  std::uint8_t bytes[block_bytes / 8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  block |= bits << offset;
}

HWY_INLINE CharacterMasks ascii_masks(const std::uint8_t* block) {
  const BlockTag d;
  const hn::RebindToSigned<BlockTag> di;
  CharacterMasks masks;
  for (std::size_t offset = 0; offset < block_bytes; offset += hn::Lanes(d)) {
    const auto bytes = hn::LoadU(d, block + offset);
    const auto space = hn::Set(d, ' ');
    const auto above_space = hn::MaskFromVec(
        hn::BitCast(d, hn::VecFromMask(di, hn::Gt(hn::BitCast(di, bytes), hn::BitCast(di, space)))));
    const auto control_space =
        hn::Eq(hn::Min(hn::Sub(bytes, hn::Set(d, '\t')), hn::Set(d, 5)), hn::Set(d, 5));
    add_mask(d, hn::AndNot(hn::Eq(bytes, hn::Set(d, 0x7F)), above_space), offset, masks.word);
    add_mask(d, hn::Or(hn::Eq(bytes, space), hn::Not(control_space)), offset, masks.separator);
    add_mask(d, hn::Eq(bytes, hn::Set(d, '\n')), offset, masks.newline);
    add_mask(d, hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, bytes)))), offset,
             masks.high);
  }
  return masks;
}

HWY_INLINE Utf8Masks utf8_masks(const std::uint8_t* block) {
  const BlockTag d;
  const auto low_table = hn::LoadDup128(d, uniform_leads.low.data());
  const auto high_table = hn::LoadDup128(d, uniform_leads.high.data());
  Utf8Masks masks;
  for (std::size_t offset = 0; offset < block_bytes; offset += hn::Lanes(d)) {
    const auto bytes = hn::LoadU(d, block + offset);
    const auto low = hn::TableLookupBytes(low_table, hn::And(bytes, hn::Set(d, 0x0F)));
    const auto high = hn::TableLookupBytes(high_table, hn::ShiftRight<4>(bytes));
    const auto top = hn::And(bytes, hn::Set(d, 0xC0));
    add_mask(d, hn::Eq(top, hn::Set(d, 0x80)), offset, masks.continuation);
    add_mask(d, hn::Ne(hn::And(low, high), hn::Zero(d)), offset, masks.uniform);
    add_mask(d, hn::Eq(hn::Max(bytes, hn::Set(d, 0xE0)), bytes), offset, masks.three);
    add_mask(d, hn::Eq(hn::Max(bytes, hn::Set(d, 0xF0)), bytes), offset, masks.four);
    add_mask(d, hn::Eq(hn::Max(bytes, hn::Set(d, 0xF8)), bytes), offset, masks.five);
  }
  return masks;
}

/// Of the bytes of `leads`, each of which begins a whole sequence of kLength bytes, those of word characters.
template <int kLength>
HWY_INLINE std::uint64_t begin_words(const std::uint8_t* block, std::uint64_t leads) {
  constexpr std::uint32_t smallest =  // below, the sequence is overlong
      kLength == 2   ? 0x80
      : kLength == 3 ? 0x800
                     : 0x10000;
  std::uint64_t words = 0;
  for (; leads != 0; leads &= leads - 1) {
    const int place = std::countr_zero(leads);
    const std::uint8_t* const bytes = block + place;
    std::uint32_t code_point = bytes[0] & (0x7FU >> kLength);
    for (int i = 1; i < kLength; ++i) code_point = code_point << 6 | (bytes[i] & 0x3FU);
    if (kLength == 4 && code_point >= 64 * std::tuple_size_v<CharacterBitmap>) continue;
    const std::uint64_t is_word = word_characters[code_point / 64] >> (code_point % 64) & 1;
    words |= (is_word & std::uint64_t{code_point >= smallest}) << place;
  }
  return words;
}

/// The characters that begin at `leads`, whatever they are: they are added to `begins`. Returns their number.
HWY_INLINE std::uint64_t decode_each(const std::uint8_t* text, const std::uint8_t* end, std::uint64_t leads,
                                     CharacterMasks& begins) {
  std::uint64_t characters = 0;
  for (; leads != 0; leads &= leads - 1) {
    const std::uint64_t bit = leads & (0 - leads);
    std::uint32_t code_point = 0;
    if (!decode_character(text + std::countr_zero(leads), end, code_point)) continue;
    ++characters;
    const CharacterKind kind = character_kind(code_point);
    if (kind == CharacterKind::word) begins.word |= bit;
    if (kind == CharacterKind::separator) begins.separator |= bit;
  }
  return characters;
}

/// Completes `begins` with the characters of the block that are not ASCII, and returns their number.
HWY_INLINE std::uint64_t classify_utf8(const std::uint8_t* block, const std::uint8_t* text,
                                       const std::uint8_t* end, CharacterMasks& begins) {
  const Utf8Masks masks = utf8_masks(block);
  const std::uint64_t leads = begins.high & ~masks.continuation;
  // Sequences of two to four bytes that lie in the block as a whole (from beyond, zeros are shifted in).
  const std::uint64_t pairs = leads & ~masks.three & (masks.continuation >> 1);
  const std::uint64_t triples =
      leads & masks.three & ~masks.four & (masks.continuation >> 1) & (masks.continuation >> 2);
  std::uint64_t words = (pairs | triples) & masks.uniform;
  words |= begin_words<2>(block, pairs & ~masks.uniform);
  words |= begin_words<3>(block, triples & ~masks.uniform);
  const std::uint64_t quads = leads & masks.four & ~masks.five & (masks.continuation >> 1) &
                              (masks.continuation >> 2) & (masks.continuation >> 3);
  if (quads != 0) words |= begin_words<4>(block, quads);
  begins.word |= words;
  return static_cast<std::uint64_t>(std::popcount(words)) + decode_each(text, end, leads & ~words, begins);
}

/// Counts one block of `size` bytes. `block` has 64 readable bytes, NUL from `size` on; they are those at
/// `text`, whose input ends at `end`.
HWY_INLINE void count_block(const std::uint8_t* block, std::size_t size, const std::uint8_t* text,
                            const std::uint8_t* end, WordCounts& counts) {
  CharacterMasks masks = ascii_masks(block);
  counts.lines += static_cast<std::uint64_t>(std::popcount(masks.newline));
  counts.characters += size;
  if (masks.high != 0) {
    counts.characters -= static_cast<std::uint64_t>(std::popcount(masks.high));
    counts.characters += classify_utf8(block, text, end, masks);
  }
  // Being in a word is the carry of an addition: word characters generate it (1 + 1), neutral bytes propagate
  // it (1 + 0), separators stop it (0 + 0). The carry into a byte says that a word goes on there.
  std::uint64_t sum = 0;
  const bool carry0 = __builtin_add_overflow(~masks.separator, masks.word, &sum);
  const bool carry1 = __builtin_add_overflow(sum, std::uint64_t{counts.in_word}, &sum);
  const std::uint64_t goes_on = ~masks.separator ^ masks.word ^ sum;
  counts.words += static_cast<std::uint64_t>(std::popcount(masks.word & ~goes_on));
  counts.in_word = carry0 || carry1;
}

/// Counts `size` bytes (a multiple of 64, or what is left) on from `text`, whose input ends at `end`.
void count_text(const std::uint8_t* text, std::size_t size, const std::uint8_t* end, WordCounts& counts) {
  WordCounts local = counts;
  for (; size >= block_bytes; text += block_bytes, size -= block_bytes) {
    count_block(text, block_bytes, text, end, local);
  }
  if (size != 0) {
    std::uint8_t padded[block_bytes] = {};
    std::memcpy(padded, text, size);
    count_block(padded, size, text, end, local);
  }
  counts = local;
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(count_text);

class Words final : public Kernel {
 public:
  const KernelInfo& info() const override { return info_; }

  void run(const Batch& batch, Results& results) const override {
    const auto words = results.integers(0);
    const auto lines = results.integers(1);
    const auto characters = results.integers(2);
    for (std::size_t task = 0; task < batch.size() && !batch.stop_requested(); ++task) {
      const WordCounts counts = count(batch, batch.input(task));
      words[task] = static_cast<std::int64_t>(counts.words);
      lines[task] = static_cast<std::int64_t>(counts.lines);
      characters[task] = static_cast<std::int64_t>(counts.characters);
    }
  }

 private:
  /// In stretches of a millisecond or so, after each of which the run can be stopped.
  static WordCounts count(const Batch& batch, std::string_view input) {
    constexpr std::size_t stretch = std::size_t{1} << 22;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.data());
    WordCounts counts;
    for (std::size_t first = 0; first < input.size() && !batch.stop_requested(); first += stretch) {
      HWY_DYNAMIC_DISPATCH(count_text)
      (bytes + first, std::min(stretch, input.size() - first), bytes + input.size(), counts);
    }
    return counts;
  }

  const KernelInfo info_{
      .name = "words",
      .summary = "words, lines and characters of the input, as wc counts them in the locale C.UTF-8",
      .source = "wc of GNU coreutils 9.1; POSIX.1-2017, wc",
      .takes_input = true,
      .draws_random = false,
      .parameters = {},
      .results = {{"words", Type::integer, "words: as `wc -w`"},
                  {"lines", Type::integer, "newlines: as `wc -l`"},
                  {"characters", Type::integer, "characters in UTF-8: as `wc -m`"}}};
};

}  // namespace

const Kernel& words_kernel() {
  static const Words kernel;
  return kernel;
}

}  // namespace fanfold
#endif  // HWY_ONCE
