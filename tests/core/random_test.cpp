// Random numbers: Philox against published answers, SIMD against scalar, and the keys of their uses.
#include <fanfold/random.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/philox_vector.hpp"
#include "core/random_keys.hpp"
#include "core/simd_target.hpp"

namespace fanfold {
namespace {

struct KnownAnswer {
  RandomBlock counter;
  RandomKey key;
  RandomBlock block;
};

/// FANFOLD_KNOWN_ANSWERS is the path of philox_known_answers.txt; the build defines it.
std::vector<KnownAnswer> known_answers() {
  std::vector<KnownAnswer> answers;
  std::ifstream file(FANFOLD_KNOWN_ANSWERS);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    words >> std::hex;
    KnownAnswer answer{};
    for (auto& word : answer.counter) words >> word;
    for (auto& word : answer.key) words >> word;
    for (auto& word : answer.block) words >> word;
    EXPECT_TRUE(words) << line;
    answers.push_back(answer);
  }
  return answers;
}

std::uint64_t joined(std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; }

/// Runs the body on each SIMD target of this CPU.
template <typename Body>
void on_every_target(const Body& body) {
  for (const std::string& target : simd_targets()) {
    SCOPED_TRACE(target);
    choose_simd_target(target);
    body();
  }
  choose_simd_target(simd_targets().front());
}

TEST(Philox, GivesThePublishedAnswers) {
  ASSERT_EQ(known_answers().size(), 3U);
  for (const KnownAnswer& answer : known_answers()) {
    EXPECT_EQ(philox4x32(answer.counter, answer.key), answer.block);
    const RandomStream stream(answer.key, joined(answer.counter[2], answer.counter[3]));
    EXPECT_EQ(stream.block(joined(answer.counter[0], answer.counter[1])), answer.block);
  }
}

TEST(Philox, GivesThePublishedAnswersOnEveryTarget) {
  on_every_target([] {
    for (const KnownAnswer& answer : known_answers()) {
      const std::uint64_t stream = joined(answer.counter[2], answer.counter[3]);
      const std::uint64_t position = joined(answer.counter[0], answer.counter[1]);
      const std::uint64_t size = philox_step(answer.key, stream, 0).size();
      const std::uint64_t first = position / size * size;  // a step must not cross a multiple of 2^32
      EXPECT_EQ(philox_step(answer.key, stream, first)[position - first], answer.block);
    }
  });
}

RC_GTEST_PROP(Philox, IsTheSameOnSimdLanes, (RandomKey key, std::uint64_t stream, std::uint64_t anywhere)) {
  const std::uint64_t first = anywhere & ~std::uint64_t{0xFF};
  const RandomStream scalar(key, stream);
  for (const std::string& target : simd_targets()) {
    choose_simd_target(target);
    const std::vector<RandomBlock> blocks = philox_step(key, stream, first);
    for (std::size_t i = 0; i < blocks.size(); ++i) RC_ASSERT(blocks[i] == scalar.block(first + i));
  }
  choose_simd_target(simd_targets().front());
}

TEST(RandomStream, UniformNumbersLieBelowOneAndKeep53Bits) {
  const RandomStream stream({1, 2}, 3);
  double sum = 0;
  constexpr int draws = 100'000;
  for (int i = 0; i < draws; ++i) {
    const double number = stream.uniform(static_cast<std::uint64_t>(i));
    ASSERT_GE(number, 0.0);
    ASSERT_LT(number, 1.0);
    ASSERT_EQ(number * 0x1p53, static_cast<double>(static_cast<std::uint64_t>(number * 0x1p53)));
    sum += number;
  }
  EXPECT_NEAR(sum / draws, 0.5, 4 * 0.2887 / 316.2);  // four standard errors; the stream is fixed
}

TEST(RandomKeys, DifferByPurposeAndSeed) {
  std::set<RandomKey> keys;
  for (const std::uint64_t seed :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    for (const auto purpose :
         {RandomPurpose::kernel, RandomPurpose::task_seed, RandomPurpose::axis, RandomPurpose::retry}) {
      keys.insert(random_key(seed, purpose));
    }
  }
  EXPECT_EQ(keys.size(), 16U);
}

TEST(RandomKeys, AreTheSameInEveryVersion) {
  // Stored answers: with other keys, a resumed run would draw other numbers than it did before.
  EXPECT_EQ(random_key(2024, RandomPurpose::kernel), (RandomKey{1487279343, 1872151666}));
  EXPECT_EQ(random_key(2024, RandomPurpose::task_seed), (RandomKey{2470760018, 211703533}));
  EXPECT_EQ(random_key(2024, RandomPurpose::axis), (RandomKey{2852823076, 2070274135}));
  EXPECT_EQ(random_key(2024, RandomPurpose::retry), (RandomKey{80289489, 1898791415}));
}

}  // namespace
}  // namespace fanfold
