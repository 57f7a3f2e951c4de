// Who gets what, and in which order.
#include "exec/resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

namespace fanfold {
namespace {

using testing::ElementsAre;

TEST(Resources, AreGivenOutOnceAndComeBack) {
  Resources resources({4, 100, {"a", "b", "c"}});
  std::optional<Resources::Grant> first(resources.acquire({1, 40, 1}));
  const Resources::Grant second = resources.acquire({2, 60, 1});
  EXPECT_THAT(first->gpus(), ElementsAre("a"));
  EXPECT_THAT(second.gpus(), ElementsAre("b"));
  first.reset();
  EXPECT_THAT(resources.acquire({1, 40, 2}).gpus(), ElementsAre("a", "c"));
}

TEST(Resources, ServeALargeDemandBeforeSmallOnesThatCameLater) {
  Resources resources({2, 0, {}});
  std::optional<Resources::Grant> one(resources.acquire({1, 0, 0}));
  std::atomic<int> served = 0;
  std::atomic<int> large_served_at = 0;
  std::jthread large([&] {
    const Resources::Grant both = resources.acquire({2, 0, 0});
    large_served_at = ++served;
  });
  while (resources.waiting() < 1) std::this_thread::yield();
  std::jthread small([&] {
    const Resources::Grant another = resources.acquire({1, 0, 0});  // there would be room for it
    ++served;
  });
  while (resources.waiting() < 2) std::this_thread::yield();
  EXPECT_EQ(served, 0);
  one.reset();
  large.join();
  small.join();
  EXPECT_EQ(large_served_at, 1);
}

TEST(Resources, LetWaitersGoWhenTheyAreClosed) {
  Resources resources({1, 0, {}});
  const Resources::Grant all = resources.acquire({1, 0, 0});
  std::jthread waiter([&] { EXPECT_THROW(resources.acquire({1, 0, 0}), std::runtime_error); });
  resources.close();
}

}  // namespace
}  // namespace fanfold
