// Looking for a byte before one sleeps.
#include "exec/brief_look.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <ctime>

#include "exec/pipe.hpp"

namespace fanfold::test {
namespace {

TEST(BriefLook, FindsWhatIsThereAlsoWhereItLooksNoMore) {
  Pipe pipe = open_pipe();
  fcntl(pipe.reading.get(), F_SETFL, O_NONBLOCK);
  BriefLook look;
  for (int round = 0; round < 12; ++round) {
    EXPECT_EQ(look.read_byte(pipe.reading.get()), -1);
    EXPECT_EQ(errno, EAGAIN);
    ASSERT_EQ(write(pipe.writing.get(), "x", 1), 1);
    EXPECT_EQ(look.read_byte(pipe.reading.get()), 1);
  }
  pipe.writing.close();
  EXPECT_EQ(look.read_byte(pipe.reading.get()), 0);
}

TEST(BriefLook, LeavesOutWhatCannotBeFound) {
  const Pipe pipe = open_pipe();
  fcntl(pipe.reading.get(), F_SETFL, O_NONBLOCK);
  BriefLook look;
  const std::clock_t begin = std::clock();
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(look.read_byte(pipe.reading.get()), -1);
  // 10,000 looks take half a second; some 50 are made.
  EXPECT_LT(std::clock() - begin, 2 * CLOCKS_PER_SEC / 5);
}

}  // namespace
}  // namespace fanfold::test
