// The binary form of messages and of blobs in the run file: little-endian, lengths and counts as LEB128
// varints.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace fanfold {

using Bytes = std::vector<std::byte>;

/// The bytes were not written by a ByteWriter, or were damaged. Whoever reads a peer's or a file's bytes
/// catches it.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Appends values to a buffer.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }
  void f64(double value) { fixed(std::bit_cast<std::uint64_t>(value)); }

  /// An unsigned integer in 1 to 10 bytes, small values in few.
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value) | 0x80);
    u8(static_cast<std::uint8_t>(value));
  }
  /// A signed integer, small magnitudes in few bytes.
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// A length and that many bytes.
  void text(std::string_view value) { blob(std::as_bytes(std::span(value))); }
  void blob(std::span<const std::byte> value) {
    varint(value.size());
    raw(value);
  }
  /// Bytes without a length.
  void raw(std::span<const std::byte> value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }

  std::size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  template <typename T>
  void fixed(T value) {
    static_assert(std::endian::native == std::endian::little && std::is_unsigned_v<T>);
    std::array<std::byte, sizeof(T)> raw_bytes;
    std::memcpy(raw_bytes.data(), &value, sizeof(T));
    raw(raw_bytes);
  }

  Bytes bytes_;
};

/// Reads what a ByteWriter wrote, in the same order. Throws DecodeError at bytes that end too early or make
/// no sense; never reads outside of the span. Views that it returns live as long as the bytes.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  double f64() { return std::bit_cast<double>(fixed<std::uint64_t>()); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    throw DecodeError("a varint is longer than 64 bits");
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::span<const std::byte> blob() { return take(varint()); }
  std::string_view text() {
    const std::span<const std::byte> view = blob();
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }
  std::span<const std::byte> raw(std::size_t size) { return take(size); }
  /// A count of items of which each takes at least `item_bytes` of what is left: a damaged count cannot make
  /// its reader reserve more memory than the bytes could fill.
  std::size_t count(std::size_t item_bytes = 1) {
    const std::uint64_t value = varint();
    if (value > left() / (item_bytes == 0 ? 1 : item_bytes))
      throw DecodeError("a count exceeds the bytes that follow it");
    return static_cast<std::size_t>(value);
  }

  std::size_t left() const { return bytes_.size() - position_; }
  bool at_end() const { return left() == 0; }
  /// Throws DecodeError if bytes are left over.
  void expect_end() const {
    if (!at_end()) throw DecodeError("bytes are left over");
  }

 private:
  std::span<const std::byte> take(std::uint64_t size) {
    if (size > left()) throw DecodeError("the bytes end too early");
    const auto view = bytes_.subspan(position_, size);
    position_ += size;
    return view;
  }
  template <typename T>
  T fixed() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace fanfold
