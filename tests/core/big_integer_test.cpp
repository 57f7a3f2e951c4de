#include "core/big_integer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <random>

namespace fanfold {
namespace {

BigInteger random_integer(std::mt19937_64& random, unsigned bits) {
  BigInteger value = 0;
  for (unsigned i = 0; i < bits; i += 64) value = (value << 64) + random();
  value >>= (64 - bits % 64) % 64;
  return random() % 2 == 0 ? value : BigInteger(-value);
}

RC_GTEST_PROP(BigInteger, ProductIsThatOfSchool, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  const BigInteger left = random_integer(random, static_cast<unsigned>(random() % 8000));
  const BigInteger right = random_integer(random, static_cast<unsigned>(random() % 8000));
  RC_ASSERT(product(left, right) == left * right);
  RC_ASSERT(product(left, left) == left * left);
}

RC_GTEST_PROP(BigInteger, DecimalIsThatOfTheLibrary, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  const BigInteger value = random_integer(random, static_cast<unsigned>(random() % 8000));
  RC_ASSERT(decimal(value) == value.str());
}

TEST(BigInteger, PowersOfTenHaveAllTheirDigits) {
  const BigInteger power = pow(BigInteger(10), 5000);
  EXPECT_EQ(decimal(power), "1" + std::string(5000, '0'));
  EXPECT_EQ(decimal(power - 1), std::string(5000, '9'));
  EXPECT_EQ(decimal(-power), "-1" + std::string(5000, '0'));
  EXPECT_EQ(decimal(0), "0");
}

TEST(BigInteger, KnowsItsBits) {
  EXPECT_EQ(bit_count(0), 0U);
  EXPECT_EQ(bit_count(1), 1U);
  EXPECT_EQ(bit_count(-8), 4U);
  EXPECT_EQ(bit_count(BigInteger(1) << 64), 65U);
  EXPECT_EQ(bit_count((BigInteger(1) << 4096) - 1), 4096U);
}

}  // namespace
}  // namespace fanfold
