// Whole runs in simulated time: how close Schedule comes to the best possible end.
#include "schedule/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fanfold::test {
namespace {

Simulation simulation(Costs costs, std::uint32_t ranks, std::uint32_t slots, std::uint64_t seed,
                      std::uint64_t tasks_per_slot = 100) {
  Simulation setup;
  setup.ranks = ranks;
  setup.slots = slots;
  setup.costs = draw(costs, tasks_per_slot * ranks * slots, seed);
  setup.seed = seed;
  return setup;
}

SimulationResult expect_complete(const Simulation& setup) {
  const SimulationResult result = simulate(setup);
  EXPECT_EQ(result.finished, setup.costs.size());
  EXPECT_EQ(result.executions, setup.costs.size());
  EXPECT_EQ(result.stale, 0U);
  return result;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct Setting {
  Costs costs;
  std::uint32_t ranks;
  std::uint32_t slots;
};
void PrintTo(const Setting& setting, std::ostream* out) {
  *out << name_of(setting.costs) << ", " << setting.ranks << " × " << setting.slots;
}

class Makespan : public testing::TestWithParam<Setting> {};

TEST_P(Makespan, IsNearTheBestPossible) {
  std::vector<double> ratios;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Simulation setup = simulation(GetParam().costs, GetParam().ranks, GetParam().slots, seed);
    const double best = GetParam().costs == Costs::pareto ? list_scheduling(setup) : lower_bound(setup);
    ratios.push_back(expect_complete(setup).makespan / best);
  }
  EXPECT_LE(median(ratios), 1.05);
}

INSTANTIATE_TEST_SUITE_P(Costs, Makespan,
                         testing::Values(Setting{Costs::uniform, 10, 4}, Setting{Costs::uniform, 1000, 1},
                                         Setting{Costs::bimodal, 10, 4}, Setting{Costs::bimodal, 1000, 1},
                                         Setting{Costs::pareto, 10, 4}, Setting{Costs::pareto, 1000, 1},
                                         Setting{Costs::pareto, 1, 16}));

TEST(Makespan, IsNearListSchedulingAtAHundredThousandRanks) {
  // Five tasks of 10 s for each rank, so that the test is quick; that one coordinator keeps up with tasks of
  // 1 s as well is for the benchmark to show.
  for (const Costs costs : {Costs::uniform, Costs::bimodal, Costs::pareto}) {
    Simulation setup = simulation(costs, 100'000, 1, 1, 5);
    for (float& cost : setup.costs) cost *= 10;
    EXPECT_LE(expect_complete(setup).makespan, 1.05 * list_scheduling(setup));
  }
}

TEST(Makespan, WithKnownCostsBeatsTheOrderOfTheFile) {
  Simulation setup = simulation(Costs::bimodal, 100, 1, 1, 10);
  const double in_file_order = expect_complete(setup).makespan;
  setup.costs_known = true;
  const double longest_first = expect_complete(setup).makespan;
  EXPECT_LT(longest_first, in_file_order);
  EXPECT_LE(longest_first, 1.05 * list_scheduling(setup));  // Graham's bound for longest first is 4/3
}

TEST(Makespan, OfCheapTasksPaysForFewMessages) {
  Simulation setup = simulation(Costs::uniform, 10, 2, 1, 100'000);
  for (float& cost : setup.costs) cost *= 1e-4F;  // 0.1 ms on the average: 10 s of work for each slot
  const SimulationResult result = expect_complete(setup);
  EXPECT_LE(result.makespan, 1.05 * lower_bound(setup));
  EXPECT_LE(result.chunks, 1500U);  // about 40 chunks of 0.25 s for each rank, and what begins and ends a run
  EXPECT_GE(result.largest_chunk, 4000U);
}

TEST(Makespan, OfTwentyNapsIsThatOfTwo) {
  Simulation setup;
  setup.ranks = 1;
  setup.slots = 12;
  setup.costs.assign(20, 0.2F);
  EXPECT_LE(expect_complete(setup).makespan, 0.41);
}

TEST(Makespan, DoesNotWaitForWhatIsQueuedBehindALongTask) {
  Simulation setup;
  setup.ranks = 4;
  setup.slots = 1;
  setup.costs.assign(4000, 0.01F);
  setup.costs[2000] = 20;  // in the middle of a chunk of cheap ones
  const SimulationResult result = expect_complete(setup);
  EXPECT_LE(result.makespan, 20 + 10 + 0.5);
  EXPECT_GT(result.recalls, 0U);
}

TEST(Makespan, WithChunksOfOneTaskIsThatOfTheWork) {
  Simulation setup = simulation(Costs::uniform, 20, 2, 3, 50);
  setup.chunk = 1;
  const SimulationResult result = expect_complete(setup);
  EXPECT_LE(result.makespan, 1.05 * list_scheduling(setup));
  EXPECT_EQ(result.largest_chunk, 1U);
}

}  // namespace
}  // namespace fanfold::test
