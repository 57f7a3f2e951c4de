// What of a task's standard error is shown.
#include "report/error_lines.hpp"

#include <gtest/gtest.h>

namespace fanfold {
namespace {

TEST(ErrorLines, AreTheLast) {
  EXPECT_EQ(last_lines("", 2, "| "), "");
  EXPECT_EQ(last_lines(" \n\t\r\n", 2, "| "), "");
  EXPECT_EQ(last_lines("one", 2, "| "), "| one\n");
  EXPECT_EQ(last_lines("one\ntwo\nthree\n\n", 2, "| "), "| two\n| three\n");
  EXPECT_EQ(last_lines("one\r\n\r\nthree\r\n", 5, "| "), "| one\n| \n| three\n");
}

TEST(ErrorLines, AreNotLong) {
  EXPECT_EQ(last_lines(std::string(5'000'000, 'x') + "end", 2, "| "),
            "| " + std::string(1997, 'x') + "end\n");
}

TEST(ErrorLines, CannotCommandATerminal) {
  EXPECT_EQ(last_lines("a\tb\x1b[31m\a\x7f", 2, ""), "a\tb\\x1b[31m\\x07\\x7f\n");
}

}  // namespace
}  // namespace fanfold
