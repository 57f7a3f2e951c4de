// The kernel `words` against the real wc, a scalar reference, and the C library.
#include <gmock/gmock.h>
#include <locale.h>
#include <rapidcheck/gtest.h>
#include <wctype.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "kernel/kernel_run.hpp"
#include "kernel/word_characters.hpp"

#include <gnu/libc-version.h>
#include <unistd.h>

namespace fanfold {
namespace {

struct Counts {
  std::int64_t words = 0, lines = 0, characters = 0;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.words << " words, " << counts.lines << " lines, " << counts.characters
             << " characters";
}

std::vector<Counts> counted(const std::vector<std::string>& texts) {
  KernelRun run("words");
  run.inputs(texts).run();
  EXPECT_FALSE(run.failures.any());
  std::vector<Counts> all;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    all.push_back({run.results[0].integers()[i], run.results[1].integers()[i], run.results[2].integers()[i]});
  }
  return all;
}
Counts counted(const std::string& text) { return counted(std::vector{text})[0]; }

/// What wc says of each text, one file each, in one call of it.
class RealWc {
 public:
  RealWc() {
    char name[] = "/tmp/fanfold-words-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~RealWc() { std::system(("rm -r " + folder_).c_str()); }

  std::vector<Counts> count(const std::vector<std::string>& texts) const {
    std::string command = "cd " + folder_ + " && env -u POSIXLY_CORRECT LC_ALL=C.UTF-8 wc -lwm";
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::ofstream(folder_ + "/" + std::to_string(i)) << texts[i];
      command += " " + std::to_string(i);
    }
    FILE* pipe = popen(command.c_str(), "r");
    std::vector<Counts> all(texts.size());
    for (Counts& counts : all) {
      EXPECT_EQ(fscanf(pipe, "%ld %ld %ld %*s", &counts.lines, &counts.words, &counts.characters), 3);
    }
    pclose(pipe);
    return all;
  }

 private:
  std::string folder_;
};

/// Texts of the pieces that matter, and of noise, so that every rule is met in every place of a block.
std::string random_text(std::mt19937_64& random, std::size_t size) {
  static const std::vector<std::string> pieces{"word",
                                               "x",
                                               " ",
                                               "  ",
                                               "\n",
                                               "\t",
                                               "\r\n",
                                               "\v",
                                               "\f",
                                               std::string(1, '\0'),
                                               "\x01",
                                               "\x7f",
                                               "\x1b[0m",
                                               "é",
                                               "ß",
                                               "Ωμέγα",
                                               "Привет",
                                               "שלום",
                                               "漢字",
                                               "かな",
                                               "한국어",
                                               "—",
                                               "“",
                                               "😀",
                                               "\u00a0",
                                               "\u0085",
                                               "\u1680",
                                               "\u2003",
                                               "\u2007",
                                               "\u2028",
                                               "\u2029",
                                               "\u202f",
                                               "\u205f",
                                               "\u2060",
                                               "\u200b",
                                               "\u3000",
                                               "\ufeff",
                                               "\u0378",
                                               "\U000e0001",
                                               "\U0010fffd",
                                               "\U0010ffff",
                                               "\xed\xa0\x80",
                                               "\xf4\x90\x80\x80",
                                               "\xf7\xbf\xbf\xbf",
                                               "\xf8\x88\x80\x80\x80",
                                               "\xfc\x84\x80\x80\x80\x80",
                                               "\xfd\xbf\xbf\xbf\xbf\xbf",
                                               "\xc0\x80",
                                               "\xc1\xbf",
                                               "\xe0\x80\x80",
                                               "\xe0\x9f\xbf",
                                               "\xf0\x8f\xbf\xbf",
                                               "\xf8\x87\xbf\xbf\xbf",
                                               "\xfe",
                                               "\xff",
                                               "\x80",
                                               "\xbf",
                                               "\xc3",
                                               "\xe6\xbc",
                                               "\xf0\x9f\x98"};
  std::string text;
  const std::uint64_t style = random() % 4;
  while (text.size() < size) {
    if (style == 0)
      text += static_cast<char>(random());
    else if (style == 1)
      text += static_cast<char>(' ' + random() % 95);
    else
      text += pieces[random() % pieces.size()];
  }
  text.resize(size);  // may cut a character
  return text;
}

TEST(Words, AreThoseOfTheRealWc) {
  std::mt19937_64 random(1);
  std::vector<std::string> texts;
  for (std::size_t size = 0; size <= 200; ++size) texts.push_back(random_text(random, size));
  for (int i = 0; i < 300; ++i) texts.push_back(random_text(random, random() % 3000));
  for (int i = 0; i < 10; ++i) texts.push_back(random_text(random, 100'000 + random() % 1000));
  const std::vector<Counts> expected = RealWc().count(texts);
  on_every_target([&] {
    const std::vector<Counts> actual = counted(texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(actual[i], expected[i])
          << "text " << i << ", " << testing::PrintToString(texts[i].substr(0, 3000));
    }
  });
}

TEST(Words, OfTextsWhoseAnswersAreKnown) {
  on_every_target([] {
    EXPECT_EQ(counted(""), (Counts{0, 0, 0}));
    EXPECT_EQ(counted("one two\nthree"), (Counts{3, 1, 13}));
    EXPECT_EQ(counted(std::string("a\0b", 3)), (Counts{1, 0, 3})) << "NUL does not end a word";
    EXPECT_EQ(counted(std::string(1, '\0')), (Counts{0, 0, 1})) << "nor does it begin one";
    EXPECT_EQ(counted("a\xff\xff"
                      "b"),
              (Counts{1, 0, 2}))
        << "bytes that are not UTF-8 are no characters";
    EXPECT_EQ(counted("caf\xc3"), (Counts{1, 0, 3})) << "a character that is cut off";
    EXPECT_EQ(counted("a\u00a0b\u3000c"), (Counts{3, 0, 5})) << "wc takes no-break spaces as spaces";
    EXPECT_EQ(counted("\u4f60\u597d\uff0c\u4e16\u754c"), (Counts{1, 0, 5}));
  });
}

TEST(Words, OfOneWordAcrossBlocks) {
  on_every_target([] {
    for (std::size_t size : {63U, 64U, 65U, 127U, 128U, 129U, 192U}) {
      EXPECT_EQ(counted(std::string(size, 'x')), (Counts{1, 0, static_cast<std::int64_t>(size)}));
      EXPECT_EQ(counted(std::string(size, ' ')), (Counts{0, 0, static_cast<std::int64_t>(size)}));
    }
  });
}

TEST(Words, OfAnInputOfSeveralStretches) {
  // 4 MiB is where the kernel looks whether to stop: characters and words that lie across it count once.
  std::string text((std::size_t{1} << 22) - 1, 'x');
  text += "\u6f22";
  text += std::string(std::size_t{1} << 22, 'y');
  const auto characters = static_cast<std::int64_t>(text.size()) - 2;
  on_every_target([&] { EXPECT_EQ(counted(text), (Counts{1, 0, characters})); });
}

TEST(Words, KindsOfCharactersAreThoseOfTheCLibrary) {
  locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr || std::string(gnu_get_libc_version()) != "2.36")
    GTEST_SKIP() << "needs glibc 2.36 and its C.UTF-8";
  for (std::uint32_t c = 0; c < 0x120000; ++c) {
    const auto wide = static_cast<wint_t>(c);
    const bool no_break = c == 0xA0 || c == 0x2007 || c == 0x202F || c == 0x2060;
    const bool printable = iswprint_l(wide, locale) != 0 || (c >= 9 && c <= 13);
    const bool space = iswspace_l(wide, locale) != 0 || no_break;
    const CharacterKind kind = !printable ? CharacterKind::neutral
                               : space    ? CharacterKind::separator
                                          : CharacterKind::word;
    ASSERT_EQ(character_kind(c), kind) << std::hex << c;
  }
  freelocale(locale);
}

}  // namespace
}  // namespace fanfold
