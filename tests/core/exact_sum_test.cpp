// ExactSum against arithmetic on integers of any size, on every SIMD target of this CPU.
#include "core/exact_sum.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "core/exact_sum_simd.hpp"
#include "core/simd_target.hpp"

namespace fanfold {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

/// A finite double times 2^1074, by way of frexp.
BigInteger scaled(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  const BigInteger integer(static_cast<std::int64_t>(std::ldexp(fraction, 53)));
  const int shift = exponent - 53 + 1074;
  return shift >= 0 ? BigInteger(integer * (BigInteger(1) << shift))
                    : BigInteger(integer / (BigInteger(1) << -shift));
}

BigInteger scaled_sum(const std::vector<double>& values) {
  BigInteger sum = 0;
  for (const double value : values) sum += scaled(value);
  return sum;
}

ExactSum sum_of(std::span<const double> values) {
  ExactSum sum;
  sum.add(values);
  return sum;
}

ExactSum one_by_one(std::span<const double> values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

Bytes encoded(const ExactSum& sum) {
  ByteWriter out;
  sum.encode(out);
  return out.take();
}

ExactSum decoded(const Bytes& bytes) {
  ByteReader in(bytes);
  ExactSum sum = ExactSum::decode(in);
  in.expect_end();
  return sum;
}

/// Finite doubles whose exponents are spread over `spread` binades around `centre`.
rc::Gen<std::vector<double>> spread_values(int centre, int spread, std::size_t most) {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, most + 1), rc::gen::arbitrary<std::uint64_t>()),
      [=](const std::pair<std::size_t, std::uint64_t>& size_and_seed) {
        std::mt19937_64 random(size_and_seed.second);
        std::vector<double> values(size_and_seed.first);
        for (double& value : values) {
          const double fraction = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-63;
          const int exponent = centre + static_cast<int>(random() % static_cast<unsigned>(spread + 1));
          value = random() % 64 == 0 ? 0.0 : std::ldexp(fraction, exponent);
        }
        return values;
      });
}

/// Lists of doubles of all sorts: alike, spread, wild, subnormal, huge.
rc::Gen<std::vector<double>> finite_values() {
  return rc::gen::join(rc::gen::element(spread_values(0, 0, 3000), spread_values(-3, 40, 3000),
                                        spread_values(-60, 130, 3000), spread_values(-1070, 2090, 3000),
                                        spread_values(-1074, 60, 1500), spread_values(960, 63, 1500),
                                        spread_values(0, 60, 24)));
}

/// A sum of finite values and, now and then, of special ones.
rc::Gen<ExactSum> sums() {
  return rc::gen::map(rc::gen::pair(finite_values(), rc::gen::inRange(0, 24)), [](const auto& drawn) {
    ExactSum sum = sum_of(drawn.first);
    constexpr double specials[] = {infinity, -infinity, not_a_number};
    if (drawn.second < 3) sum.add(specials[drawn.second]);
    return sum;
  });
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// ---- on every target
// ---------------------------------------------------------------------------------------------

class ExactSumOnTarget : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = simd_target();
    choose_simd_target(GetParam());
  }
  void TearDown() override { choose_simd_target(before_); }

 private:
  std::string before_;
};

INSTANTIATE_TEST_SUITE_P(Targets, ExactSumOnTarget, testing::ValuesIn(simd_targets()),
                         [](const auto& info) { return info.param; });

TEST_P(ExactSumOnTarget, SumsAsIntegersOfAnySizeDo) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<double> values = *finite_values();
    const ExactSum sum = sum_of(values);
    RC_ASSERT(sum.scaled() == scaled_sum(values));
    RC_ASSERT(sum == one_by_one(values));
    RC_ASSERT(encoded(sum) == encoded(one_by_one(values)));
  }));
}

TEST_P(ExactSumOnTarget, SumsOfSquaresAreExact) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<double> values = *rc::gen::join(rc::gen::element(
        spread_values(0, 0, 3000), spread_values(-3, 25, 3000), spread_values(-400, 900, 1500),
        spread_values(-484, 200, 1500), spread_values(900, 123, 1500), spread_values(0, 20, 24)));
    BigInteger expected = 0;
    std::vector<double> exact;
    for (const double value : values) {
      if (value != 0 && std::abs(value) < 0x1p-485) continue;
      exact.push_back(value);
      expected += scaled(value) * scaled(value);
    }
    ExactSum sum;
    sum.add_squares(exact);
    RC_ASSERT(sum.scaled() * (BigInteger(1) << 1074) == expected);
  }));
}

TEST_P(ExactSumOnTarget, SmallSquaresUnderflowTheSameInEveryOrder) {
  EXPECT_TRUE(rc::check([] {
    std::vector<double> values = *spread_values(-560, 100, 3000);
    ExactSum together;
    together.add_squares(values);
    std::reverse(values.begin(), values.end());
    ExactSum apart;
    for (const double value : values) apart.add_square(value);
    RC_ASSERT(together == apart);
  }));
}

TEST_P(ExactSumOnTarget, SizesAroundTheBlockAndTheVector) {
  for (const std::size_t size :
       {0, 1, 2, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 1023, 1024, 1025, 2047, 2048, 2049, 5000}) {
    std::vector<double> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = std::sin(static_cast<double>(i)) * 1e3;
    EXPECT_EQ(sum_of(values).scaled(), scaled_sum(values)) << size;
  }
}

TEST_P(ExactSumOnTarget, SpecialValuesInABlock) {
  std::vector<double> values(500, 1.5);
  values[321] = infinity;
  EXPECT_EQ(sum_of(values).rounded(), infinity);
  values[100] = -infinity;
  EXPECT_EQ(bits(sum_of(values).rounded()), bits(not_a_number));
  values[321] = values[100] = 1.5;
  values[499] = -not_a_number;
  EXPECT_EQ(bits(sum_of(values).rounded()), bits(not_a_number));
  EXPECT_EQ(sum_of(values).scaled(), scaled_sum(std::vector<double>(499, 1.5)));
  ExactSum squares;
  squares.add_squares(values);
  EXPECT_EQ(bits(squares.rounded()), bits(not_a_number));
}

TEST_P(ExactSumOnTarget, OrdinaryBlocksTakeTheFastWay) {
  std::mt19937_64 random(1);
  std::vector<double> uniform(max_exact_block);
  for (double& value : uniform) value = std::generate_canonical<double, 53>(random);
  EXPECT_TRUE(block_sum(uniform, BlockDepth::bits_86));
  EXPECT_TRUE(block_sum_of_squares(uniform));
  uniform[7] = 0x1p-120;
  EXPECT_FALSE(block_sum(uniform, BlockDepth::bits_86));
  EXPECT_TRUE(block_sum(uniform, BlockDepth::bits_172));
  EXPECT_FALSE(block_sum_of_squares(uniform));
  uniform[7] = not_a_number;
  EXPECT_FALSE(block_sum(uniform, BlockDepth::bits_172));
}

// ---- the monoid
// ----------------------------------------------------------------------------------------------------

RC_GTEST_PROP(ExactSum, MergeCommutes, ()) {
  const ExactSum a = *sums();
  const ExactSum b = *sums();
  ExactSum ab = a;
  ab.merge(b);
  ExactSum ba = b;
  ba.merge(a);
  RC_ASSERT(ab == ba);
  RC_ASSERT(encoded(ab) == encoded(ba));
}

RC_GTEST_PROP(ExactSum, MergeAssociates, ()) {
  const ExactSum a = *sums();
  const ExactSum b = *sums();
  const ExactSum c = *sums();
  ExactSum left = a;
  left.merge(b);
  left.merge(c);
  ExactSum right = b;
  right.merge(c);
  ExactSum whole = a;
  whole.merge(right);
  RC_ASSERT(encoded(left) == encoded(whole));
  RC_ASSERT(left.scaled() == a.scaled() + b.scaled() + c.scaled());
}

RC_GTEST_PROP(ExactSum, TheDefaultIsTheIdentity, ()) {
  const ExactSum a = *sums();
  ExactSum left;
  left.merge(a);
  ExactSum right = a;
  right.merge(ExactSum());
  RC_ASSERT(left == a);
  RC_ASSERT(right == a);
}

RC_GTEST_PROP(ExactSum, DecodesWhatItEncodes, ()) {
  const ExactSum a = *sums();
  RC_ASSERT(decoded(encoded(a)) == a);
  RC_ASSERT(decoded(encoded(a)).scaled() == a.scaled());
  RC_ASSERT(encoded(decoded(encoded(a))) == encoded(a));
}

RC_GTEST_PROP(ExactSum, DamagedBytesThrowOrDecodeToASum, (const std::vector<std::uint8_t>& garbage)) {
  Bytes bytes;
  for (const std::uint8_t byte : garbage) bytes.push_back(static_cast<std::byte>(byte));
  ByteReader in(bytes);
  try {
    const ExactSum sum = ExactSum::decode(in);
    RC_ASSERT(decoded(encoded(sum)) == sum);
  } catch (const DecodeError&) {
  }
}

RC_GTEST_PROP(ExactSum, EveryPrefixOfAnEncodedSumThrows, ()) {
  const Bytes bytes = encoded(*sums());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::span(bytes).first(size));
    RC_ASSERT_THROWS_AS(ExactSum::decode(in), DecodeError);
  }
}

TEST(ExactSum, RefusesBytesThatAreNotCanonical) {
  const std::vector<std::vector<int>> wrong = {{16, 0},         {8, 0},          {0, 1, 3, 0},
                                               {0, 2, 3, 0, 1}, {0, 2, 3, 1, 0}, {0, 1, 0xFF, 0x7F, 1}};
  for (const std::vector<int>& numbers : wrong) {
    Bytes bytes;
    for (const int number : numbers) bytes.push_back(static_cast<std::byte>(number));
    ByteReader in(bytes);
    EXPECT_THROW(ExactSum::decode(in), DecodeError) << testing::PrintToString(numbers);
  }
}

TEST(ExactSum, SumsOfOrdinarySizeTakeFewBytes) {
  ExactSum sum;
  EXPECT_EQ(encoded(sum).size(), 2U);
  for (std::int64_t i = 0; i < 1000; ++i) sum.add(i);
  EXPECT_LE(encoded(sum).size(), 7U);
  EXPECT_EQ(sum.rounded(), 499500.0);
  for (int i = 0; i < 1000; ++i) sum.add(0.1);
  EXPECT_LE(encoded(sum).size(), 13U);
}

TEST(ExactSum, ManyMergesNeedNoRoomForCarries) {
  ExactSum step;
  for (int i = 0; i < 499; ++i) step.add(largest);
  ExactSum sum;
  for (int i = 0; i < 5000; ++i) sum.merge(step);
  EXPECT_EQ(sum.scaled(), scaled(largest) * 499 * 5000);
  for (int i = 0; i < 12; ++i) sum.merge(sum);
  EXPECT_EQ(sum.scaled(), scaled(largest) * 499 * 5000 * 4096);
}

TEST(ExactSum, ClearIsTheIdentity) {
  ExactSum sum;
  sum.add(3.25);
  sum.add(infinity);
  EXPECT_FALSE(sum.is_zero());
  sum.clear();
  EXPECT_TRUE(sum.is_zero());
  EXPECT_EQ(sum, ExactSum());
}

RC_GTEST_PROP(ExactSum, AddsIntegersExactly, (const std::vector<std::int64_t>& integers)) {
  BigInteger expected = 0;
  ExactSum sum;
  for (const std::int64_t integer : integers) {
    sum.add(integer);
    expected += integer;
  }
  sum.add(std::numeric_limits<std::int64_t>::min());
  expected += std::numeric_limits<std::int64_t>::min();
  RC_ASSERT(sum.scaled() == expected << 1074);
}

// ---- rounding
// ------------------------------------------------------------------------------------------------------

TEST(ExactSum, EmptyAndCancelledSumsArePlusZero) {
  ExactSum sum;
  EXPECT_EQ(bits(sum.rounded()), bits(0.0));
  sum.add(-0.0);
  EXPECT_EQ(bits(sum.rounded()), bits(0.0));
  sum.add(1e300);
  sum.add(-1e300);
  EXPECT_EQ(bits(sum.rounded()), bits(0.0));
  EXPECT_TRUE(sum.is_zero());
}

TEST(ExactSum, RoundsTiesToEven) {
  const auto rounded = [](std::initializer_list<double> values) {
    return one_by_one(std::vector<double>(values)).rounded();
  };
  EXPECT_EQ(rounded({1, 0x1p-53}), 1.0);
  EXPECT_EQ(rounded({1, 0x1p-53, smallest}), 1 + 0x1p-52);
  EXPECT_EQ(rounded({1, 0x1p-53, -smallest}), 1.0);
  EXPECT_EQ(rounded({1 + 0x1p-52, 0x1p-53}), 1 + 0x1p-51);
  EXPECT_EQ(rounded({-1, -0x1p-53, -smallest}), -1 - 0x1p-52);
  EXPECT_EQ(rounded({1e16, 1, -1e16}), 1.0);
  EXPECT_EQ(rounded({smallest, smallest, smallest}), 3 * smallest);
  EXPECT_EQ(rounded({std::numeric_limits<double>::min(), -smallest}),
            std::numeric_limits<double>::min() - smallest);
}

TEST(ExactSum, OverflowsOnlyInTheEnd) {
  EXPECT_EQ(sum_of(std::vector<double>{largest, largest, -largest}).rounded(), largest);
  EXPECT_EQ(sum_of(std::vector<double>{largest, largest}).rounded(), infinity);
  EXPECT_EQ(sum_of(std::vector<double>{-largest, -largest}).rounded(), -infinity);
  EXPECT_EQ(sum_of(std::vector<double>{largest, std::ldexp(1.0, 969)}).rounded(), largest);
  EXPECT_EQ(sum_of(std::vector<double>{largest, std::ldexp(1.0, 970)}).rounded(), infinity);
}

RC_GTEST_PROP(ExactSum, RoundedAgreesWithTheQuotient, ()) {
  const ExactSum sum = sum_of(*finite_values());
  RC_ASSERT(bits(sum.rounded()) == bits(rounded_quotient(sum.scaled(), BigInteger(1) << 1074)));
}

/// The doubles next to `result` are further from numerator / denominator than `result` is, or as far and odd.
bool is_nearest(double result, const BigInteger& numerator, const BigInteger& denominator) {
  const auto twice_distance = [&](const BigInteger& candidate) {
    return BigInteger(abs(candidate * denominator - (numerator << 1074)));
  };
  const BigInteger mine = twice_distance(scaled(result));
  for (const double direction : {-infinity, infinity}) {
    const double neighbour = std::nextafter(result, direction);
    const BigInteger theirs = twice_distance(
        std::isinf(neighbour) ? BigInteger((neighbour > 0 ? 1 : -1) * (BigInteger(1) << (1024 + 1074)))
                              : scaled(neighbour));
    if (theirs < mine || (theirs == mine && (bits(result) & 1) != 0)) return false;
  }
  return true;
}

rc::Gen<BigInteger> positive_integers() {
  return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<std::uint64_t>(), rc::gen::arbitrary<std::uint64_t>(),
                                     rc::gen::inRange(0, 900), rc::gen::inRange(0, 64)),
                      [](const auto& drawn) {
                        const auto& [high, low, shift, small] = drawn;
                        return BigInteger((((BigInteger(high >> small) << shift) + low) >> small) + 1);
                      });
}

RC_GTEST_PROP(RoundedQuotient, IsTheNearestDouble, ()) {
  const BigInteger numerator = *positive_integers();
  const BigInteger denominator = *positive_integers();
  RC_ASSERT(is_nearest(rounded_quotient(numerator, denominator), numerator, denominator));
  RC_ASSERT(rounded_quotient(-numerator, denominator) == -rounded_quotient(numerator, denominator));
}

RC_GTEST_PROP(RoundedQuotient, AgreesWithTheDivisionOfDoubles,
              (std::int32_t numerator, std::uint32_t denominator)) {
  RC_PRE(denominator != 0U);
  RC_ASSERT(rounded_quotient(numerator, denominator) == static_cast<double>(numerator) / denominator);
}

TEST(RoundedQuotient, AtTheEdges) {
  const BigInteger one = 1;
  EXPECT_EQ(bits(rounded_quotient(0, 7)), bits(0.0));
  EXPECT_EQ(rounded_quotient(one, one << 1074), smallest);
  EXPECT_EQ(rounded_quotient(one, one << 1075), 0.0);                   // a tie: to the even zero
  EXPECT_EQ(rounded_quotient((one << 20) + 1, one << 1095), smallest);  // just above the tie
  EXPECT_EQ(rounded_quotient(one, one << 1076), 0.0);
  EXPECT_EQ(rounded_quotient(one << 1024, one), infinity);
  EXPECT_EQ(rounded_quotient((one << 1024) - (one << 970), one), infinity);
  EXPECT_EQ(rounded_quotient((one << 1024) - (one << 970) - 1, one), largest);
  EXPECT_EQ(rounded_quotient(-(one << 2000), one), -infinity);
  EXPECT_TRUE(std::signbit(rounded_quotient(-one, one << 1100)));
}

RC_GTEST_PROP(RoundedSquareRoot, IsTheNearestDouble, ()) {
  const BigInteger numerator = *positive_integers();
  const BigInteger denominator = *positive_integers();
  const double root = rounded_square_root(numerator, denominator);
  // The midpoints to the neighbours, squared, enclose the radicand. All in units of 2^-1075.
  const BigInteger radicand = numerator << 2150;
  const BigInteger below = scaled(root) + scaled(std::nextafter(root, 0.0));
  const BigInteger above = scaled(root) + scaled(std::nextafter(root, infinity));
  RC_ASSERT(below * below * denominator <= radicand);
  RC_ASSERT(radicand <= above * above * denominator);
}

RC_GTEST_PROP(RoundedSquareRoot, AgreesWithTheRootOfDoubles, (std::uint32_t integer)) {
  RC_ASSERT(rounded_square_root(integer, 1) == std::sqrt(static_cast<double>(integer)));
}

TEST(RoundedSquareRoot, AtTheEdges) {
  const BigInteger one = 1;
  EXPECT_EQ(bits(rounded_square_root(0, 3)), bits(0.0));
  EXPECT_EQ(rounded_square_root(one << 2046, one), 0x1p1023);
  EXPECT_EQ(rounded_square_root(one << 2048, one), infinity);
  EXPECT_EQ(rounded_square_root(one, one << 2148), smallest);
  EXPECT_EQ(rounded_square_root(one, one << 2150), 0.0);
  // A double is exact, one more in the last place of its square is not: sqrt(x^2 + tiny) stays x.
  EXPECT_EQ(rounded_square_root((one << 4000) + 1, one << 2000), 0x1p1000);
}

}  // namespace
}  // namespace fanfold
