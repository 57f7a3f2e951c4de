// The kernel `moments`: its numbers against strtod, its sums against exact rational arithmetic.
#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include <fmt/format.h>

#include "core/exact_sum.hpp"
#include "kernel/kernel_run.hpp"
#include "kernel/number_text.hpp"

namespace fanfold {
namespace {

/// Every number of a text, read in pieces of `piece`.
std::vector<double> read_all(std::string_view text, std::size_t piece, std::string* bad = nullptr) {
  NumberText reader(text);
  std::vector<double> all, some(piece);
  for (std::size_t count = piece; count == piece;) {
    count = reader.read(some);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (bad != nullptr) *bad = reader.bad_token();
  return all;
}

/// Numbers of every form: few digits and many, points in every place, exponents, near halfway between
/// doubles.
std::string random_number(std::mt19937_64& random) {
  const double value = std::bit_cast<double>(random());
  switch (random() % 9) {
    case 0:
      return std::to_string(random() % 100'000);
    case 1:
      return std::to_string(random());
    case 2:
      return fmt::format("{:.3f}", static_cast<double>(random() % 2'000'000) / 1000 - 1000);
    case 3:
      return fmt::format("{}", static_cast<double>(random() >> 11) * 0x1p-53);
    case 4:
      return std::isfinite(value) ? fmt::format("{:.18e}", value) : "0";
    case 5:
      return std::isfinite(value) ? fmt::format("{}", value) : "inf";
    case 6:
      return fmt::format("{}{:.40f}", random() % 2 == 0 ? "+" : "",
                         1 + static_cast<double>(random() % 9) * 0x1p-52);
    case 7: {  // digits and a point anywhere
      std::string digits;
      for (std::uint64_t i = random() % 30 + 1; i > 0; --i) digits += static_cast<char>('0' + random() % 10);
      return digits.insert(random() % (digits.size() + 1), ".").insert(0, random() % 2 == 0 ? "-" : "");
    }
    default: {  // halfway between two doubles of 2^53 and above
      const std::uint64_t odd = (std::uint64_t{1} << 53) + random() % 1000 * 2 + 1;
      return fmt::format("{}.{}", odd, std::string(random() % 4, '0'));
    }
  }
}

TEST(NumberText, IsRoundedAsTheCLibraryDoes) {
  std::mt19937_64 random(5);
  std::string text;
  std::vector<double> expected;
  for (int i = 0; i < 60'000; ++i) {
    const std::string number = random_number(random);
    expected.push_back(std::strtod(number.c_str(), nullptr));
    text += number;
    static constexpr const char* spaces[] = {"\n", "\n", "\n", " ", "\t", "\r\n", "  \v\f"};
    text += spaces[random() % std::size(spaces)];
  }
  on_every_target([&] {
    const std::vector<double> found = read_all(text, 1000);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(expected[i])) << i;
    }
  });
}

TEST(NumberText, OfEveryLengthWithThePointInEveryPlace) {
  std::string text;
  std::vector<double> expected;
  for (std::size_t size = 1; size <= 30; ++size) {
    for (std::size_t place = 0; place <= size; ++place) {
      std::string number = std::string("987654321012345678901234567890").substr(0, size);
      if (place < size) number.insert(place, ".");
      expected.push_back(std::strtod(number.c_str(), nullptr));
      text += number + "\n";
    }
  }
  on_every_target([&] {
    for (const std::size_t piece : {1U, 7U, 64U, 1000U}) EXPECT_EQ(read_all(text, piece), expected);
    // And where the text begins and ends with each of them.
    EXPECT_THAT(read_all("7", 10), testing::ElementsAre(7.0));
    EXPECT_THAT(read_all("  -7.5", 10), testing::ElementsAre(-7.5));
    EXPECT_THAT(read_all("", 10), testing::IsEmpty());
    EXPECT_THAT(read_all(" \n\n ", 10), testing::IsEmpty());
  });
}

TEST(NumberText, StopsAtWhatIsNoNumber) {
  on_every_target([] {
    for (const std::string token :
         {".", "-", "+", "-.", "1.2.3", "12a", "a", "1,5", "0x10", "1e", "--1", "+-1", "1-", "1.2.",
          "123456789.1234.5", "1234567890123456789012a", "\x80", "1\xc2\xb2"}) {
      // At the beginning, and far from both ends.
      for (const std::size_t before : {0U, 100U}) {
        std::string text, bad;
        for (std::size_t i = 0; i < before; ++i) text += "1.5\n";
        text += token + std::string("\n") + std::string(before, ' ');
        EXPECT_EQ(read_all(text, 1000, &bad).size(), before) << token;
        EXPECT_EQ(bad, token);
      }
    }
  });
}

struct Found {
  std::int64_t count;
  double sum, mean, var, min, max;
};

Found moments(const std::string& input, const std::string& format = "text") {
  KernelRun run("moments");
  run.texts({format}).inputs({input}).run();
  EXPECT_FALSE(run.failures.any());
  return {run.results[0].integers()[0], run.results[1].reals()[0], run.results[2].reals()[0],
          run.results[3].reals()[0],    run.results[4].reals()[0], run.results[5].reals()[0]};
}

std::string bytes_of(const std::vector<double>& values) {
  std::string bytes(values.size() * sizeof(double), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TEST(Moments, OfFewNumbers) {
  on_every_target([] {
    const Found found = moments("1\n2\n4.5\n-3\n");
    EXPECT_EQ(found.count, 4);
    EXPECT_EQ(found.sum, 4.5);
    EXPECT_EQ(found.mean, 1.125);
    EXPECT_EQ(found.var, (1 + 4 + 20.25 + 9 - 4 * 1.125 * 1.125) / 3);
    EXPECT_EQ(found.min, -3);
    EXPECT_EQ(found.max, 4.5);
    EXPECT_EQ(moments(bytes_of({1, 2, 4.5, -3}), "doubles").var, found.var);
    EXPECT_EQ(moments("1e16 1 -1e16").sum, 1.0) << "exact, and rounded once";
    EXPECT_EQ(moments("1e8\n100000001\n100000002").var, 1.0) << "whatever the mean";
  });
}

TEST(Moments, OfNothingAndOfNaN) {
  on_every_target([] {
    Found found = moments("");
    EXPECT_EQ(found.count, 0);
    EXPECT_EQ(found.sum, 0);
    for (const double value : {found.mean, found.var, found.min, found.max}) EXPECT_TRUE(std::isnan(value));
    found = moments("7");
    EXPECT_EQ(found.mean, 7);
    EXPECT_TRUE(std::isnan(found.var));
    found = moments("1 nan 3");
    EXPECT_EQ(found.count, 3);
    for (const double value : {found.sum, found.mean, found.var, found.min, found.max}) {
      EXPECT_TRUE(std::isnan(value));
    }
    found = moments("1 -inf 3");
    EXPECT_EQ(found.min, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(found.mean, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(found.max, 3);
    EXPECT_TRUE(std::isnan(found.var));
    EXPECT_FALSE(std::signbit(moments("-0 0").min));
  });
}

TEST(Moments, AtTheEdgesOfBlocks) {
  std::mt19937_64 random(3);
  std::vector<double> values;
  for (int i = 0; i < 3000; ++i) values.push_back(std::ldexp(static_cast<double>(random()), -60) - 5);
  for (const std::size_t size : {1023U, 1024U, 1025U, 2047U, 2048U, 2049U}) {
    const std::vector<double> part(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size));
    std::string text;
    for (const double value : part) text += fmt::format("{}\n", value);
    ExactSum sum;
    sum.add(part);
    on_every_target([&] {
      for (const Found& found : {moments(text), moments(bytes_of(part), "doubles")}) {
        EXPECT_EQ(found.count, static_cast<std::int64_t>(size));
        EXPECT_EQ(found.sum, sum.rounded());
        EXPECT_EQ(found.min, *std::min_element(part.begin(), part.end()));
        EXPECT_EQ(found.max, *std::max_element(part.begin(), part.end()));
      }
    });
  }
}

TEST(Moments, SaysWhatIsNoNumber) {
  KernelRun run("moments");
  run.texts({"text", "text", "doubles", "csv"}).inputs({"1\n2\n3 x4\n", "1", "seven b", "1"}).run();
  ASSERT_EQ(run.failures.failures().size(), 3U);
  EXPECT_EQ(run.failures.failures()[0].reason, "line 3: 'x4' is no number");
  EXPECT_EQ(run.failures.failures()[1].reason,
            "7 bytes are no whole number of doubles, which have 8 bytes each");
  EXPECT_EQ(run.failures.failures()[2].reason, "format = \"csv\" is neither text nor doubles");
  EXPECT_EQ(run.results[1].reals()[1], 1.0);
}

}  // namespace
}  // namespace fanfold
