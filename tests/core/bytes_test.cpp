// What a ByteWriter wrote, a ByteReader reads; bytes that end too early are refused.
#include "core/bytes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace fanfold::test {
namespace {

/// Any bits, small numbers and large ones alike.
std::uint64_t any_u64() {
  const auto bits = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
  return bits >> *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, 64));
}

RC_GTEST_PROP(BytesProperty, AreReadAsTheyWereWritten, ()) {
  const std::uint64_t number = any_u64();
  const auto signed_number = static_cast<std::int64_t>(any_u64()) * (*rc::gen::arbitrary<bool>() ? 1 : -1);
  const auto text = *rc::gen::arbitrary<std::string>();
  const auto real = *rc::gen::arbitrary<double>();
  ByteWriter out;
  out.varint(number);
  out.zigzag(signed_number);
  out.text(text);
  out.f64(real);
  out.u64(number);
  out.u32(static_cast<std::uint32_t>(number));
  out.u8(static_cast<std::uint8_t>(number));
  ByteReader in(out.bytes());
  RC_ASSERT(in.varint() == number);
  RC_ASSERT(in.zigzag() == signed_number);
  RC_ASSERT(in.text() == text);
  RC_ASSERT(in.f64() == real);
  RC_ASSERT(in.u64() == number);
  RC_ASSERT(in.u32() == static_cast<std::uint32_t>(number));
  RC_ASSERT(in.u8() == static_cast<std::uint8_t>(number));
  in.expect_end();
}

RC_GTEST_PROP(BytesProperty, ThatEndTooEarlyAreRefused, ()) {
  ByteWriter out;
  out.varint(any_u64());
  out.text(*rc::gen::arbitrary<std::string>());
  out.u64(1);
  const auto length = *rc::gen::inRange<std::size_t>(0, out.size());
  ByteReader in(std::span(out.bytes()).first(length));
  const auto read_all = [&] {
    in.varint();
    in.text();
    in.u64();
  };
  RC_ASSERT_THROWS_AS(read_all(), DecodeError);
}

TEST(Bytes, OfSmallNumbersAreFew) {
  const auto varint_size = [](std::uint64_t value) {
    ByteWriter out;
    out.varint(value);
    return out.size();
  };
  EXPECT_EQ(varint_size(0), 1U);
  EXPECT_EQ(varint_size(127), 1U);
  EXPECT_EQ(varint_size(128), 2U);
  EXPECT_EQ(varint_size(std::numeric_limits<std::uint64_t>::max()), 10U);
  ByteWriter out;
  out.zigzag(-64);
  EXPECT_EQ(out.size(), 1U);
}

TEST(Bytes, KeepEveryInteger) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                   std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    ByteWriter out;
    out.zigzag(value);
    EXPECT_EQ(ByteReader(out.bytes()).zigzag(), value);
  }
}

TEST(Bytes, KeepTheBitsOfNaNAndOfMinusZero) {
  ByteWriter out;
  out.f64(std::numeric_limits<double>::quiet_NaN());
  out.f64(-0.0);
  ByteReader in(out.bytes());
  EXPECT_TRUE(std::isnan(in.f64()));
  EXPECT_TRUE(std::signbit(in.f64()));
}

TEST(Bytes, AreLittleEndian) {
  ByteWriter out;
  out.u32(0x01020304);
  EXPECT_EQ(out.take(), (Bytes{std::byte{4}, std::byte{3}, std::byte{2}, std::byte{1}}));
}

TEST(Bytes, OfAVarintBeyond64BitsAreRefused) {
  Bytes eleven(10, std::byte{0xFF});
  eleven.push_back(std::byte{1});
  EXPECT_THROW(ByteReader(eleven).varint(), DecodeError);
  Bytes ten(9, std::byte{0xFF});
  ten.push_back(std::byte{2});  // bit 64
  EXPECT_THROW(ByteReader(ten).varint(), DecodeError);
}

TEST(Bytes, OfACountThatTheRestCannotFillAreRefused) {
  ByteWriter out;
  out.varint(3);
  out.u32(0);
  EXPECT_EQ(ByteReader(out.bytes()).count(1), 3U);
  EXPECT_THROW(ByteReader(out.bytes()).count(2), DecodeError);
}

TEST(Bytes, OfALengthBeyondTheEndAreRefused) {
  ByteWriter out;
  out.varint(std::numeric_limits<std::uint64_t>::max());
  out.u32(0);
  EXPECT_THROW(ByteReader(out.bytes()).blob(), DecodeError);
}

TEST(Bytes, LeftOverAreRefused) {
  const Bytes bytes(1);
  ByteReader in(bytes);
  EXPECT_THROW(in.expect_end(), DecodeError);
  in.u8();
  EXPECT_NO_THROW(in.expect_end());
}

}  // namespace
}  // namespace fanfold::test
