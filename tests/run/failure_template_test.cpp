#include "run/failure_template.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace fanfold {
namespace {

std::string masked(std::string_view line, std::vector<std::string> params = {}) {
  return failure_template(line, params);
}

TEST(FailureTemplate, MasksNumbers) {
  EXPECT_EQ(masked("cannot open out/17.txt"), "cannot open out/#.txt");
  EXPECT_EQ(masked("x=-5 y=+5 z=5"), "x=# y=# z=#");
  EXPECT_EQ(masked("loss 1.5e-07 at 2.25, then 3."), "loss # at #, then #.");
  EXPECT_EQ(masked("row17 of a_9"), "row# of a_#");
  EXPECT_EQ(masked("at 0x7ffe12 in deadbeef01, fade and 2f"), "at # in #, fade and #f");
  EXPECT_EQ(masked("5"), "#");
  EXPECT_EQ(masked("a - b -"), "a - b -");
}

TEST(FailureTemplate, KeepsNumbersThatSayWhatHappened) {
  EXPECT_EQ(masked("exit code 3"), "exit code 3");
  EXPECT_EQ(masked("killed by signal 9 (SIGKILL)"), "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(masked("curl: (22) The requested URL returned error: 404"),
            "curl: (#) The requested URL returned error: 404");
  EXPECT_EQ(masked("make: *** [out/12.o] Error 1"), "make: *** [out/#.o] Error 1");
  EXPECT_EQ(masked("HTTP status 503 of task 7"), "HTTP status 503 of task #");
}

TEST(FailureTemplate, MasksWhatIsInQuotes) {
  EXPECT_EQ(masked("no column 'height' in \"a b.csv\""), "no column '…' in \"a b.csv\"");
  EXPECT_EQ(masked("its standard output is not one number: 'it's'"),
            "its standard output is not one number: '…'");
  EXPECT_EQ(masked("can't open it, isn't it"), "can't open it, isn't it");
  EXPECT_EQ(masked("an 'open end"), "an 'open end");
  EXPECT_EQ(masked("division by zero in '10 % (i - 3)'"), "division by zero in '# % (i - #)'");
}

TEST(FailureTemplate, MasksParamsThatStandAlone) {
  EXPECT_EQ(masked("no such model: tree", {"tree"}), "no such model: …");
  EXPECT_EQ(masked("treehouse and street of tree_1", {"tree"}), "treehouse and street of tree_#");
  EXPECT_EQ(masked("cannot read data/a.txt", {"data/a", "data/a.txt"}), "cannot read …");
  EXPECT_EQ(masked("nothing", {""}), "nothing");
}

TEST(FailureTemplate, MasksTemporaryFolders) {
  EXPECT_EQ(masked("cat: /tmp/fanfold-AbCdEf/x: No such file"), "cat: /tmp/…/x: No such file");
}

TEST(FailureTemplate, IsBounded) { EXPECT_EQ(masked(std::string(100'000, 'a')), std::string(500, 'a')); }

// Whatever number stands in a line, the template is the same.
RC_GTEST_PROP(FailureTemplate, does_not_depend_on_numbers, (std::int64_t a, std::int64_t b)) {
  const auto line = [](std::int64_t number) {
    return "step " + std::to_string(number) + "/x.bin is missing";
  };
  RC_ASSERT(masked(line(a)) == masked(line(b)));
}

// Any bytes will do.
RC_GTEST_PROP(FailureTemplate, takes_any_line, (const std::string& line, std::vector<std::string> params)) {
  masked(line, params);
}

}  // namespace
}  // namespace fanfold
