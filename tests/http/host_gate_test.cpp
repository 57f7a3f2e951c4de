// When the next request may go to a host, by a clock of the test's own.
#include "http/host_gate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace fanfold {
namespace {

using Seconds = HostGate::Seconds;

class HostGateTest : public testing::Test {
 protected:
  static HostGate::Time at(double seconds) {
    return HostGate::Time(std::chrono::duration_cast<HostGate::Time::duration>(Seconds(1000 + seconds)));
  }
  double next() const {
    return std::chrono::duration<double>(gate_.next()->time_since_epoch()).count() - 1000;
  }
  void refuse(double sent, double ended, std::optional<Seconds> rest = std::nullopt) {
    gate_.sent(at(sent));
    gate_.ended(at(ended), at(sent), true, rest);
  }

  HostGate gate_;
};

TEST_F(HostGateTest, LetsSoManyThroughAtOnce) {
  gate_.limit(2, 0);
  gate_.sent(at(0));
  EXPECT_LE(*gate_.next(), at(0));
  gate_.sent(at(0));
  EXPECT_FALSE(gate_.next());
  gate_.ended(at(1), at(0), false, {});
  EXPECT_LE(*gate_.next(), at(1));
}

TEST_F(HostGateTest, RestsAsLongAsTheHostAsks) {
  gate_.limit(10, 0);
  refuse(0, 1, Seconds(7));
  EXPECT_DOUBLE_EQ(next(), 8);
  refuse(2, 3, Seconds(2));  // sent before: it asks for less
  EXPECT_DOUBLE_EQ(next(), 8);
}

TEST_F(HostGateTest, NoHostRestsForEver) {
  gate_.limit(1, 0);
  refuse(0, 1, Seconds(1e18));
  EXPECT_DOUBLE_EQ(next(), 3601);
}

TEST_F(HostGateTest, RestsLongerEachTimeThatItIsRefusedAgain) {
  gate_.limit(10, 0);
  double now = 0;
  for (const double rest : {0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0}) {
    refuse(now + 0.1, now + 0.2);
    EXPECT_NEAR(next() - (now + 0.2), rest, 1e-6);
    refuse(now + 0.1, now + 0.3);  // of the same crowd: it says nothing new
    EXPECT_NEAR(next() - (now + 0.2), rest, 1e-6);
    now = next();
  }
  gate_.sent(at(now + 1));
  gate_.ended(at(now + 2), at(now + 1), false, {});
  refuse(now + 3, now + 3);
  EXPECT_NEAR(next() - (now + 3), 0.5, 1e-6);
}

TEST_F(HostGateTest, IsFreshWhenNothingIsToBeKnownOfIt) {
  gate_.limit(1, 2);
  EXPECT_TRUE(gate_.is_fresh(at(0)));
  gate_.sent(at(0));
  EXPECT_FALSE(gate_.is_fresh(at(0)));
  gate_.ended(at(0.1), at(0), false, {});
  EXPECT_FALSE(gate_.is_fresh(at(0.2))) << "the rate still holds the next one back";
  EXPECT_TRUE(gate_.is_fresh(at(0.6)));
}

RC_GTEST_PROP(HostGateProperty, KeepsTheRateHoweverLateItIsAsked, ()) {
  const double rate = *rc::gen::elementOf(std::vector<double>{0.5, 3, 100});
  const auto lateness = *rc::gen::container<std::vector<int>>(*rc::gen::inRange<std::size_t>(3, 100),
                                                              rc::gen::inRange(0, 3000));
  HostGate gate;
  gate.limit(1000, rate);
  const HostGate::Time start{std::chrono::seconds(1000)};
  std::vector<HostGate::Time> sent;
  HostGate::Time now = start;
  for (const int milliseconds : lateness) {
    now = std::max(now, *gate.next()) + std::chrono::milliseconds(milliseconds) / 10;
    gate.sent(now);
    sent.push_back(now);
  }
  // In any interval, one more than the rate allows, and one that was late.
  for (std::size_t first = 0; first < sent.size(); ++first) {
    for (std::size_t last = first; last < sent.size(); ++last) {
      const double seconds = Seconds(sent[last] - sent[first]).count();
      RC_ASSERT(static_cast<double>(last - first + 1) <= seconds * rate + 2 + 1e-6);
    }
  }
}

}  // namespace
}  // namespace fanfold
