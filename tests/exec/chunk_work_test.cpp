// Claims from the front and recalls from the back: every task once.
#include "exec/chunk_work.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>
#include <vector>

namespace fanfold {
namespace {

TEST(ChunkWork, GivesTasksInTheOrderOfTheListAndTakesThemBackFromItsEnd) {
  ChunkWork work({ChunkId{1}, Attempt{1}, {{10, 12}, {5, 8}, {20, 21}}});
  EXPECT_EQ(work.unstarted(), 6U);
  TaskList tasks;
  EXPECT_EQ(work.claim(3, tasks), 3U);
  EXPECT_EQ(tasks, (TaskList{{10, 12}, {5, 6}}));
  EXPECT_EQ(work.recall(2), (TaskList{{7, 8}, {20, 21}}));
  EXPECT_EQ(work.unstarted(), 1U);
  tasks.clear();
  EXPECT_EQ(work.claim(100, tasks), 1U);
  EXPECT_EQ(tasks, (TaskList{{6, 7}}));
  EXPECT_EQ(work.claim(1, tasks), 0U);
  EXPECT_TRUE(work.recall(1).empty());
}

TEST(ChunkWork, HasRoomForTrillionsOfTasks) {
  constexpr std::uint64_t size = 3'000'000'000'001;
  ChunkWork work({ChunkId{1}, Attempt{1}, {{0, size}}});
  EXPECT_EQ(work.unstarted(), size);
  TaskList tasks;
  const std::uint64_t claimed = work.claim(1, tasks);
  EXPECT_EQ(tasks, (TaskList{{0, claimed}}));
  EXPECT_EQ(work.recall(size), (TaskList{{claimed, size}}));
}

RC_GTEST_PROP(ChunkWork, GivesEachTaskOnceToThreadsAndRecalls, (std::uint64_t seed)) {
  TaskList list;
  for (std::uint64_t range = 0; range < 50; ++range)
    list.push_back({range * 1000, range * 1000 + 1 + (seed + range) % 300});
  ChunkWork work({ChunkId{1}, Attempt{1}, list});
  std::vector<TaskList> taken(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&, thread] {
        TaskList claimed;
        for (std::uint64_t size = 1 + thread; work.claim(size % 40 + 1, claimed) > 0; size += seed % 7 + 1) {
          for (const TaskRange& range : claimed) append(taken[thread], range);
          claimed.clear();
        }
      });
    }
    while (work.unstarted() > 0) {
      for (const TaskRange& range : work.recall(seed % 20 + 1)) append(taken[3], range);
    }
  }
  TaskSet all;
  std::uint64_t count = 0;
  for (const TaskList& tasks : taken) {
    count += size_of(tasks);
    for (const TaskRange& range : tasks) all.insert(range);
  }
  RC_ASSERT(count == size_of(list));
  RC_ASSERT(all.size() == count);
}

}  // namespace
}  // namespace fanfold
