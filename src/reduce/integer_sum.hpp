// Exact sums of integers and of their squares.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"
#include "core/exact_sum.hpp"

namespace fanfold::reduce {

using Unsigned128 = unsigned __int128;

inline BigInteger to_big_integer(Unsigned128 value) {
  return (BigInteger(static_cast<std::uint64_t>(value >> 64)) << 64) + static_cast<std::uint64_t>(value);
}

inline void encode(ByteWriter& out, Unsigned128 value) {
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value) | 0x80);
  out.u8(static_cast<std::uint8_t>(value));
}

inline Unsigned128 decode_unsigned128(ByteReader& in) {
  Unsigned128 value = 0;
  for (int shift = 0; shift < 128; shift += 7) {
    const std::uint8_t byte = in.u8();
    if (shift == 126 && byte > 3) break;
    value |= static_cast<Unsigned128>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw DecodeError("an integer is longer than 128 bits");
}

/// The sum of up to 2^63 integers of 64 bits. Two's complement in 128 bits; damaged bytes can make it wrap
/// round.
class IntegerSum {
 public:
  void add(std::span<const std::int64_t> values) {
    // With the sign bit turned over, v + 2^63 is unsigned; its halves are summed apart, which vectorises.
    constexpr std::size_t most = std::size_t{1} << 31;
    while (!values.empty()) {
      const std::size_t count = std::min(values.size(), most);
      std::uint64_t low = 0;
      std::uint64_t high = 0;
      for (const std::int64_t value : values.first(count)) {
        const std::uint64_t shifted = static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
        low += shifted & 0xFFFFFFFF;
        high += shifted >> 32;
      }
      sum_ += low + (static_cast<Unsigned128>(high) << 32) - (static_cast<Unsigned128>(count) << 63);
      values = values.subspan(count);
    }
  }
  void merge(const IntegerSum& other) { sum_ += other.sum_; }

  BigInteger value() const { return negative() ? BigInteger(-to_big_integer(-sum_)) : to_big_integer(sum_); }

  /// Zigzag, so that small sums of either sign take few bytes.
  void encode(ByteWriter& out) const {
    reduce::encode(out, (sum_ << 1) ^ (negative() ? ~Unsigned128{0} : 0));
  }
  static IntegerSum decode(ByteReader& in) {
    const Unsigned128 zigzag = decode_unsigned128(in);
    IntegerSum sum;
    sum.sum_ = (zigzag >> 1) ^ -(zigzag & 1);
    return sum;
  }

 private:
  bool negative() const { return (sum_ >> 127) != 0; }
  Unsigned128 sum_ = 0;
};

/// The sum of the squares of up to 2^63 integers of 64 bits: below 2^189.
class IntegerSquareSum {
 public:
  void add(std::span<const std::int64_t> values) {
    Unsigned128 low = 0;
    std::uint64_t high = 0;
    for (const std::int64_t value : values) {
      const Unsigned128 square = static_cast<Unsigned128>(static_cast<__int128>(value) * value);
      low += square;
      high += low < square ? 1 : 0;
    }
    add(low, high);
  }
  void merge(const IntegerSquareSum& other) { add(other.low_, other.high_); }

  BigInteger value() const { return (BigInteger(high_) << 128) + to_big_integer(low_); }

  void encode(ByteWriter& out) const {
    reduce::encode(out, low_);
    out.varint(high_);
  }
  static IntegerSquareSum decode(ByteReader& in) {
    IntegerSquareSum sum;
    sum.low_ = decode_unsigned128(in);
    sum.high_ = in.varint();
    return sum;
  }

 private:
  void add(Unsigned128 low, std::uint64_t high) {
    low_ += low;
    high_ += high + (low_ < low ? 1 : 0);
  }

  Unsigned128 low_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace fanfold::reduce
