// 64 bytes at a time, white space becomes a mask, whose bits lead from number to number. The digits of a
// number of up to 24 bytes are gathered in eight-byte words: all eight at once (Lemire: Number parsing at a
// gigabyte per second, 2021, and the method of "SIMD within a register" there). Everything else, numbers with
// an exponent first of all, is left to fast_float.
#include "kernel/number_text.hpp"

#include <fast_float/fast_float.h>

#include <bit>
#include <cstdint>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/number_text.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// What all targets share: Highway includes this file once for each.
#ifndef FANFOLD_KERNEL_NUMBER_TEXT_SHARED
#define FANFOLD_KERNEL_NUMBER_TEXT_SHARED
namespace fanfold::number_text {

/// Any number, but a sign '+' is cut off. False: it is none.
bool parse_slowly(const char* begin, const char* end, double& value);

/// Where a text is being read, and how far.
struct Place {
  const char* begin;  ///< of the text
  const char* next;   ///< the first byte not read
  const char* end;    ///< of the text
};

inline constexpr std::uint64_t each_byte = 0x0101010101010101ULL;

/// The eight bytes before `end`, as digits 0 to 9, but those from `count` bytes on, counted from the end, are
/// 0. A byte that is no digit is above 9. Precondition: count >= 1.
inline std::uint64_t digits_before(const char* end, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, end - 8, sizeof word);
  word ^= each_byte * '0';
  return count >= 8 ? word : word & ~std::uint64_t{0} << (8 * (8 - count));
}

/// The bit 7 of the lowest byte that is a point (and perhaps of higher ones).
inline std::uint64_t point_in(std::uint64_t digits) {
  const std::uint64_t difference = digits ^ each_byte * ('.' ^ '0');
  return (difference - each_byte) & ~difference & each_byte * 0x80;
}

inline bool all_digits(std::uint64_t digits) {
  return (((digits + each_byte * 0x76) | digits) & each_byte * 0x80) == 0;
}

/// The number that eight digits make, the lowest byte being the first of them.
inline std::uint64_t value_of(std::uint64_t digits) {
  digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
  constexpr std::uint64_t mask = 0x000000FF000000FFULL;
  return ((digits & mask) * (100 + (std::uint64_t{1'000'000} << 32)) +
          ((digits >> 16) & mask) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

/// The bytes below byte `place` move up by one, over that byte; the lowest becomes `carry`.
inline std::uint64_t close_up(std::uint64_t digits, unsigned place, std::uint64_t carry) {
  const std::uint64_t below = (std::uint64_t{1} << (8 * place)) - 1;
  const std::uint64_t above = ~below << 8;
  return (digits & above) | (digits & below) << 8 | carry;
}

inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// digits / 10^places, correctly rounded. False: it is not certain. Precondition: places <= 22.
inline bool scale(std::uint64_t digits, unsigned places, double& value) {
  if (digits <= std::uint64_t{1} << 53) {  // both are doubles (Clinger: How to read floating point numbers
                                           // accurately, 1990)
    value = static_cast<double>(digits) / powers_of_ten[places];
    return true;
  }
  const auto found = fast_float::compute_float<fast_float::binary_format<double>>(
      -static_cast<std::int64_t>(places), digits);
  if (found.power2 < 0) return false;
  value = std::bit_cast<double>(found.mantissa | static_cast<std::uint64_t>(found.power2) << 52);
  return true;
}

/// A number without sign and exponent, of up to 8 bytes. False: it is something else.
inline bool parse_short(const char* end, std::size_t size, double& value) {
  std::uint64_t digits = digits_before(end, size);
  unsigned places = 0;
  if (const std::uint64_t point = point_in(digits); point != 0) {
    if (size == 1) return false;
    const unsigned place = static_cast<unsigned>(std::countr_zero(point)) / 8;
    digits = close_up(digits, place, 0);
    places = 7 - place;
  }
  if (!all_digits(digits)) return false;
  value = static_cast<double>(value_of(digits)) / powers_of_ten[places];
  return true;
}

/// The same, of 9 to 24 bytes.
inline bool parse_long(const char* end, std::size_t size, double& value) {
  std::uint64_t low = digits_before(end, 8);
  std::uint64_t middle = digits_before(end - 8, size - 8);
  std::uint64_t high = size > 16 ? digits_before(end - 16, size - 16) : 0;
  unsigned places = 0;
  if (const std::uint64_t in_low = point_in(low); in_low != 0) {
    const unsigned place = static_cast<unsigned>(std::countr_zero(in_low)) / 8;
    places = 7 - place;
    low = close_up(low, place, middle >> 56);
    middle = middle << 8 | high >> 56;
    high <<= 8;
  } else if (const std::uint64_t in_middle = point_in(middle); in_middle != 0) {
    const unsigned place = static_cast<unsigned>(std::countr_zero(in_middle)) / 8;
    places = 15 - place;
    middle = close_up(middle, place, high >> 56);
    high <<= 8;
  } else if (const std::uint64_t in_high = point_in(high); in_high != 0) {
    const unsigned place = static_cast<unsigned>(std::countr_zero(in_high)) / 8;
    places = 23 - place;
    high = close_up(high, place, 0);
  }
  if (!all_digits(low) || !all_digits(middle) || !all_digits(high)) return false;
  const std::uint64_t first = value_of(high);
  if (first >= 1000 || places > 22) return false;  // 64 bits hold 19 digits
  return scale((first * 100'000'000 + value_of(middle)) * 100'000'000 + value_of(low), places, value);
}

/// A number. False: it is none.
inline bool parse(const Place& place, const char* begin, const char* end, double& value) {
  const bool negative = *begin == '-';
  const char* const digits = begin + (negative || *begin == '+' ? 1 : 0);
  const auto size = static_cast<std::size_t>(end - digits);
  // Whole words are read, which must not begin before the text.
  if (size - 1 < 24 && end - place.begin >= 24 && (size <= 8 ? parse_short : parse_long)(end, size, value)) {
    value = negative ? -value : value;
    return true;
  }
  return parse_slowly(begin, end, value);
}

}  // namespace fanfold::number_text
#endif  // FANFOLD_KERNEL_NUMBER_TEXT_SHARED

HWY_BEFORE_NAMESPACE();
namespace fanfold {
namespace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using number_text::Place;

constexpr std::size_t block_bytes = 64;
using BlockTag = hn::CappedTag<std::uint8_t, block_bytes>;

/// Of each byte of a block, whether it is white space.
HWY_INLINE std::uint64_t space_mask(const char* block) {
  const BlockTag d;
  std::uint64_t mask = 0;
  for (std::size_t offset = 0; offset < block_bytes; offset += hn::Lanes(d)) {
    const auto bytes = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(block) + offset);
    const auto control = hn::Sub(bytes, hn::Set(d, '\t'));  // 0 to 4
    const auto space =
        hn::Or(hn::Eq(bytes, hn::Set(d, ' ')), hn::Eq(hn::Min(control, hn::Set(d, 4)), control));
    std::uint8_t bits[block_bytes / 8] = {};
    hn::StoreMaskBits(d, space, bits);
    std::uint64_t word = 0;
    std::memcpy(&word, bits, sizeof word);
    mask |= word << offset;
  }
  return mask;
}

/// Reads numbers that white space ends. Returns how many; `place.next` is then after the last, or where
/// something else begins.
std::size_t read_numbers(Place& place, double* values, std::size_t capacity) {
  const char* begin = place.next;  // of the number at hand
  const char* block = begin;
  std::size_t count = 0;
  for (; place.end - block >= static_cast<std::ptrdiff_t>(block_bytes); block += block_bytes) {
    for (std::uint64_t spaces = space_mask(block); spaces != 0; spaces &= spaces - 1) {
      const char* const end = block + std::countr_zero(spaces);
      if (end != begin) {
        if (count == capacity || !number_text::parse(place, begin, end, values[count])) {
          place.next = begin;
          return count;
        }
        ++count;
      }
      begin = end + 1;
    }
  }
  place.next = begin;
  return count;
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace fanfold
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fanfold {
namespace {

HWY_EXPORT(read_numbers);

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

bool number_text::parse_slowly(const char* begin, const char* end, double& value) {
  if (*begin == '+' && end - begin > 1 && begin[1] != '-') ++begin;
  const auto result = fast_float::from_chars(begin, end, value);
  return result.ec == std::errc() && result.ptr == end;
}

std::size_t NumberText::read(std::span<double> values) {
  number_text::Place place{text_.data(), text_.data() + position_, text_.data() + text_.size()};
  std::size_t count = HWY_DYNAMIC_DISPATCH(read_numbers)(place, values.data(), values.size());
  // The rest, which is less than 64 bytes, or begins with what is no number.
  const char* next = place.next;
  for (; count < values.size(); ++count) {
    while (next != place.end && is_space(*next)) ++next;
    if (next == place.end) break;
    const char* end = next;
    while (end != place.end && !is_space(*end)) ++end;
    if (!number_text::parse(place, next, end, values[count])) {
      bad_ = std::string_view(next, static_cast<std::size_t>(end - next));
      break;
    }
    next = end;
  }
  position_ = static_cast<std::size_t>(next - place.begin);
  return count;
}

}  // namespace fanfold
#endif  // HWY_ONCE
