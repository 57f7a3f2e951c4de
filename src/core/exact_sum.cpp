// The small superaccumulator of Neal (2015): limbs 32 bits apart in 64-bit words, so that an addition touches
// two limbs and carries are propagated once in some hundred additions only.
#include "core/exact_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/exact_sum_simd.hpp"
#include "core/round_bits.hpp"

namespace fanfold {
namespace {

constexpr unsigned limb_bits = 32;
constexpr std::int64_t limb_mask = (std::int64_t{1} << limb_bits) - 1;
/// The weight of bit 0 of limb 0 is 2^lowest_bit_exponent, that of the smallest subnormal double.
constexpr int lowest_bit_exponent = -1074;
/// A sum of 2^63 squares of doubles is below 2^2111.
constexpr std::size_t max_limbs = (2111 - lowest_bit_exponent) / limb_bits + 1;
/// An addition changes a limb by less than 2^53: two sums with this many each stay below 2^63.
constexpr std::uint16_t max_pending = 500;
/// Below this many values a block costs more than additions one by one.
constexpr std::size_t min_block = 12;

constexpr std::uint8_t nan_added = 1;
constexpr std::uint8_t plus_infinity_added = 2;
constexpr std::uint8_t minus_infinity_added = 4;
constexpr std::uint8_t all_specials = 7;
constexpr std::uint8_t negative_flag = 8;  // of the encoded form

/// A finite double taken apart: it is value * 2^(position - 1074).
struct Finite {
  unsigned position;
  std::int64_t value;
};

constexpr unsigned special_exponent = 0x7FF;

unsigned exponent_field(double value) {
  return static_cast<unsigned>(std::bit_cast<std::uint64_t>(value) >> 52) & special_exponent;
}

Finite take_apart(double value) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  const unsigned exponent = static_cast<unsigned>(bits >> 52) & special_exponent;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const std::uint64_t hidden = std::uint64_t{exponent != 0} << 52;
  const std::int64_t sign = static_cast<std::int64_t>(bits) >> 63;
  return {exponent - (exponent != 0 ? 1 : 0), (static_cast<std::int64_t>(fraction | hidden) ^ sign) - sign};
}

}  // namespace

/// The absolute value in canonical limbs, zeros trimmed at both ends.
struct ExactSum::Magnitude {
  std::array<std::uint32_t, max_limbs + 8> limbs;
  std::size_t count = 0;
  std::size_t first = 0;  ///< limb 0 weighs 2^(32 first - 1074)
  bool negative = false;
};

void ExactSum::add_shifted(unsigned position, std::int64_t value) {
  const unsigned limb = position / limb_bits;
  const unsigned shift = position % limb_bits;
  if (limb < first_ || limb + 1 - first_ >= limbs_.size()) cover(limb);
  std::int64_t* const target = limbs_.data() + (limb - first_);
  target[0] += static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) & limb_mask;
  target[1] += value >> (limb_bits - shift);
  if (++pending_ >= max_pending) carry();
}

void ExactSum::add(double value) {
  if (exponent_field(value) == special_exponent) return add_special(value);
  const Finite finite = take_apart(value);
  if (finite.value != 0) add_shifted(finite.position, finite.value);
}

void ExactSum::add(std::int64_t value) {
  if (value != 0) add_shifted(-lowest_bit_exponent, value);
}

void ExactSum::add_square(double value) {
  if (exponent_field(value) == special_exponent) return add_special(value * value);
  const Finite finite = take_apart(value);
  if (finite.value == 0) return;
  if (2 * finite.position < static_cast<unsigned>(-lowest_bit_exponent)) {
    const double square = value * value;
    add(square);
    add(std::fma(value, value, -square));
    return;
  }
  const unsigned __int128 square =
      static_cast<unsigned __int128>(static_cast<__int128>(finite.value) * finite.value);  // below 2^106
  const unsigned position = 2 * finite.position - static_cast<unsigned>(-lowest_bit_exponent);
  constexpr std::int64_t low_mask = (std::int64_t{1} << 53) - 1;
  add_shifted(position, static_cast<std::int64_t>(square) & low_mask);
  add_shifted(position + 53, static_cast<std::int64_t>(square >> 53));
}

// The first depth that held a block is tried first for the next one; when none held it, the values are so far
// apart that the next few blocks are not tried.
void ExactSum::add(std::span<const double> values) {
  constexpr std::size_t blocks_not_tried = 7;
  BlockDepth depth = BlockDepth::bits_86;
  while (values.size() >= min_block) {
    const std::size_t count = std::min(values.size(), max_exact_block);
    std::optional<BlockParts> parts = block_sum(values.first(count), depth);
    if (!parts && depth == BlockDepth::bits_86) {
      depth = BlockDepth::bits_172;
      parts = block_sum(values.first(count), depth);
    }
    std::size_t done = count;
    if (parts) {
      for (const double part : *parts) add(part);
    } else {
      done = std::min(values.size(), (1 + blocks_not_tried) * max_exact_block);
      add_each(values.first(done));
      depth = BlockDepth::bits_86;
    }
    values = values.subspan(done);
  }
  add_each(values);
}

void ExactSum::add_squares(std::span<const double> values) {
  while (values.size() >= min_block) {
    const std::size_t count = std::min(values.size(), max_exact_block);
    if (const std::optional<BlockParts> parts = block_sum_of_squares(values.first(count))) {
      for (const double part : *parts) add(part);
    } else {
      add_squares_of_each(values.first(count));
    }
    values = values.subspan(count);
  }
  add_squares_of_each(values);
}

// As often as no carry is due, with the window in registers.
void ExactSum::add_each(std::span<const double> values) {
  while (!values.empty()) {
    const std::size_t count = std::min<std::size_t>(values.size(), max_pending - pending_);
    std::int64_t* limbs = limbs_.data();
    unsigned window = limbs_.empty() ? 0 : static_cast<unsigned>(limbs_.size()) - 1;
    unsigned first = first_;
    for (const double value : values.first(count)) {
      if (exponent_field(value) == special_exponent) [[unlikely]] {
        add_special(value);
        continue;
      }
      const Finite finite = take_apart(value);
      const unsigned shift = finite.position % limb_bits;
      unsigned place = finite.position / limb_bits - first;  // wraps round below the window
      if (place >= window) [[unlikely]] {
        if (finite.value == 0) continue;
        cover(finite.position / limb_bits);
        limbs = limbs_.data();
        window = static_cast<unsigned>(limbs_.size()) - 1;
        first = first_;
        place = finite.position / limb_bits - first;
      }
      limbs[place] +=
          static_cast<std::int64_t>(static_cast<std::uint64_t>(finite.value) << shift) & limb_mask;
      limbs[place + 1] += finite.value >> (limb_bits - shift);
    }
    pending_ = static_cast<std::uint16_t>(pending_ + count);
    if (pending_ >= max_pending) carry();
    values = values.subspan(count);
  }
}

void ExactSum::add_squares_of_each(std::span<const double> values) {
  for (const double value : values) add_square(value);
}

void ExactSum::add_special(double value) {
  if (std::isnan(value)) {
    specials_ |= nan_added;
  } else {
    specials_ |= value > 0 ? plus_infinity_added : minus_infinity_added;
  }
}

void ExactSum::merge(const ExactSum& other) {
  specials_ |= other.specials_;
  if (other.limbs_.empty()) return;
  const std::size_t count = other.limbs_.size();
  cover(other.first_);
  cover(static_cast<unsigned>(other.first_ + count - 1));
  std::int64_t* const target = limbs_.data() + (other.first_ - first_);
  for (std::size_t i = 0; i < count; ++i) target[i] += other.limbs_[i];
  pending_ = static_cast<std::uint16_t>(pending_ + other.pending_ + 1);
  if (pending_ >= max_pending) carry();
}

void ExactSum::clear() {
  std::fill(limbs_.begin(), limbs_.end(), 0);
  pending_ = 0;
  specials_ = 0;
}

// Widens the window to have `limb` and the one above it, and some more on the side where it grew.
void ExactSum::cover(unsigned limb) {
  if (limbs_.empty()) {
    first_ = static_cast<std::uint16_t>(limb - std::min(limb, 1U));
    limbs_.assign(limb - first_ + 3, 0);
    return;
  }
  if (limb < first_) {
    const unsigned more =
        std::min<unsigned>(first_, first_ - limb + static_cast<unsigned>(limbs_.size()) / 2);
    limbs_.insert(limbs_.begin(), more, 0);
    first_ = static_cast<std::uint16_t>(first_ - more);
  }
  const std::size_t needed = limb + 2 - first_;
  if (needed > limbs_.size())
    limbs_.resize(std::max(needed, std::min(needed + limbs_.size() / 2, max_limbs + 2 - first_)));
}

// Afterwards every limb but the last is in [0, 2^32), and that one in [-2^32, 2^32).
void ExactSum::carry() {
  pending_ = 0;
  if (limbs_.empty()) return;
  for (std::size_t i = 0; i + 1 < limbs_.size(); ++i) {
    limbs_[i + 1] += limbs_[i] >> limb_bits;
    limbs_[i] &= limb_mask;
  }
  while (limbs_.back() > limb_mask || limbs_.back() < -limb_mask - 1) {
    const std::int64_t above = limbs_.back() >> limb_bits;
    limbs_.back() &= limb_mask;
    limbs_.push_back(above);
  }
}

ExactSum::Magnitude ExactSum::magnitude() const {
  Magnitude result;
  const auto fill = [&](std::int64_t sign) {
    std::int64_t carried = 0;
    result.count = 0;
    for (const std::int64_t limb : limbs_) {
      carried += sign * limb;
      result.limbs[result.count++] = static_cast<std::uint32_t>(carried);
      carried >>= limb_bits;
    }
    for (int i = 0; i < 2; ++i, carried >>= limb_bits)
      result.limbs[result.count++] = static_cast<std::uint32_t>(carried);
    return carried;  // nothing but the sign is left
  };
  assert(limbs_.size() + 2 <= result.limbs.size());
  if (fill(1) < 0) {
    result.negative = true;
    fill(-1);
  }
  const auto limbs_begin = result.limbs.begin();
  while (result.count > 0 && result.limbs[result.count - 1] == 0) --result.count;
  std::size_t zeros = 0;
  while (zeros < result.count && result.limbs[zeros] == 0) ++zeros;
  std::copy(limbs_begin + static_cast<std::ptrdiff_t>(zeros),
            limbs_begin + static_cast<std::ptrdiff_t>(result.count), limbs_begin);
  result.count -= zeros;
  result.first = result.count == 0 ? 0 : first_ + zeros;
  return result;
}

bool ExactSum::is_zero() const { return specials_ == 0 && magnitude().count == 0; }

bool ExactSum::operator==(const ExactSum& other) const {
  if (specials_ != other.specials_) return false;
  const Magnitude mine = magnitude();
  const Magnitude theirs = other.magnitude();
  return mine.negative == theirs.negative && mine.first == theirs.first && mine.count == theirs.count &&
         std::equal(mine.limbs.begin(), mine.limbs.begin() + static_cast<std::ptrdiff_t>(mine.count),
                    theirs.limbs.begin());
}

double ExactSum::rounded() const {
  if (has_special()) return special();
  const Magnitude sum = magnitude();
  if (sum.count == 0) return 0.0;
  // The top three limbs have at least 65 significant bits: 64 of them and whether anything is below decide.
  const auto limb_below_top = [&](std::size_t depth) -> std::uint64_t {
    return depth < sum.count ? sum.limbs[sum.count - 1 - depth] : 0;
  };
  const int unused = std::countl_zero(static_cast<std::uint32_t>(limb_below_top(0)));
  const std::uint64_t high = (limb_below_top(0) << limb_bits) | limb_below_top(1);
  const std::uint64_t low = limb_below_top(2) << limb_bits;
  const std::uint64_t bits = unused == 0 ? high : (high << unused) | (low >> (64 - unused));
  const bool below = (low << unused) != 0 || sum.count > 3;
  const int top = static_cast<int>((sum.first + sum.count) * limb_bits) + lowest_bit_exponent - unused;
  return round_bits(sum.negative, bits, top - 64, below);
}

BigInteger ExactSum::scaled() const {
  const Magnitude sum = magnitude();
  BigInteger result;
  if (sum.count == 0) return result;
  import_bits(result, sum.limbs.begin(), sum.limbs.begin() + static_cast<std::ptrdiff_t>(sum.count),
              limb_bits, false);
  result <<= sum.first * limb_bits;
  return sum.negative ? BigInteger(-result) : result;
}

bool ExactSum::has_special() const { return specials_ != 0; }

double ExactSum::special() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (specials_ == plus_infinity_added) return infinity;
  if (specials_ == minus_infinity_added) return -infinity;
  return std::numeric_limits<double>::quiet_NaN();
}

// A byte of flags; if the sum is not zero, how many zero bytes are below it, and its bytes from the lowest
// non-zero one to the highest.
void ExactSum::encode(ByteWriter& out) const {
  const Magnitude sum = magnitude();
  std::array<std::byte, sizeof(Magnitude::limbs)> bytes;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < sum.count; ++i) {
    for (unsigned shift = 0; shift < limb_bits; shift += 8)
      bytes[end++] = static_cast<std::byte>(sum.limbs[i] >> shift);
  }
  while (end > 0 && bytes[end - 1] == std::byte{0}) --end;
  while (begin < end && bytes[begin] == std::byte{0}) ++begin;
  out.u8(static_cast<std::uint8_t>(specials_ | (sum.negative ? negative_flag : 0)));
  out.varint(end - begin);
  if (begin == end) return;
  out.varint(sum.first * (limb_bits / 8) + begin);
  out.raw(std::span(bytes).subspan(begin, end - begin));
}

ExactSum ExactSum::decode(ByteReader& in) {
  const std::uint8_t flags = in.u8();
  const std::size_t count = in.count();
  ExactSum sum;
  sum.specials_ = flags & all_specials;
  if (flags > (all_specials | negative_flag)) throw DecodeError("a sum has unknown flags");
  if (count == 0) {
    if ((flags & negative_flag) != 0) throw DecodeError("a sum of zero is negative");
    return sum;
  }
  constexpr std::size_t limb_bytes = limb_bits / 8;
  const std::uint64_t begin = in.varint();
  if (begin > max_limbs * limb_bytes || count > max_limbs * limb_bytes - begin)
    throw DecodeError("a sum is too large");
  const std::span<const std::byte> bytes = in.raw(count);
  if (bytes.front() == std::byte{0} || bytes.back() == std::byte{0})
    throw DecodeError("a sum is not trimmed");
  sum.first_ = static_cast<std::uint16_t>(begin / limb_bytes);
  sum.limbs_.assign((begin + count - 1) / limb_bytes - sum.first_ + 2, 0);
  const std::int64_t sign = (flags & negative_flag) != 0 ? -1 : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = begin + i;
    const std::int64_t byte = std::to_integer<std::int64_t>(bytes[i]) << (8 * (place % limb_bytes));
    sum.limbs_[place / limb_bytes - sum.first_] += sign * byte;
  }
  return sum;
}

}  // namespace fanfold
