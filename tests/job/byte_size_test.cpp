// Sizes as people write them.
#include <gtest/gtest.h>

#include "job/job.hpp"

namespace fanfold {
namespace {

TEST(ByteSize, HasUnitsOfTenAndOfTwo) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("1000"), 1000U);
  EXPECT_EQ(parse_bytes("500MB"), 500'000'000U);
  EXPECT_EQ(parse_bytes("64MiB"), 64U << 20);
  EXPECT_EQ(parse_bytes("1.5GiB"), 3ULL << 29);
  EXPECT_EQ(parse_bytes("2G"), 2ULL << 30);
  EXPECT_EQ(parse_bytes("2 GB"), 2'000'000'000U);
  EXPECT_EQ(parse_bytes("1TiB"), 1ULL << 40);
}

TEST(ByteSize, IsNothingElse) {
  for (const char* text :
       {"", "MiB", "-1", "1 ", "1  MB", "1mb", "1e400", "nan", "9999TiB999", "100000000TiB"})
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
}

}  // namespace
}  // namespace fanfold
