// Prints how close Schedule comes to the best possible end of a run, and what it costs, at 10 to 100,000
// ranks. Arguments: the seeds at 10 and 1,000 ranks (100), and at 100,000 ranks (3).
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "schedule/simulation.hpp"

namespace {

using namespace fanfold::test;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void print_line(Costs costs, std::uint32_t ranks, std::uint32_t slots, int seeds) {
  if (seeds < 1) return;
  std::vector<double> to_bound;
  std::vector<double> to_list;
  std::vector<double> microseconds;
  std::vector<double> recalls;
  for (int seed = 1; seed <= seeds; ++seed) {
    Simulation setup;
    setup.ranks = ranks;
    setup.slots = slots;
    setup.costs = draw(costs, std::uint64_t{100} * ranks * slots, static_cast<std::uint64_t>(seed));
    setup.seed = static_cast<std::uint64_t>(seed);
    const SimulationResult result = simulate(setup);
    if (result.finished != setup.costs.size()) fmt::print("LOST TASKS at seed {}\n", seed);
    to_bound.push_back(result.makespan / lower_bound(setup));
    to_list.push_back(result.makespan / list_scheduling(setup));
    microseconds.push_back(result.schedule_seconds / static_cast<double>(result.chunks) * 1e6);
    recalls.push_back(static_cast<double>(result.recalls));
  }
  fmt::print("{:8}  {:7}  {:5}  {:5}  {:11.4f}  {:15.4f}  {:9.2f}  {:7.0f}\n", name_of(costs), ranks, slots,
             seeds, median(to_bound), median(to_list), median(microseconds), median(recalls));
  std::fflush(stdout);  // a line is minutes of work
}

}  // namespace

int main(int argc, char** argv) {
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 100;
  const int seeds_at_most_ranks = argc > 2 ? std::atoi(argv[2]) : 3;
  fmt::print("100 tasks per slot, mean 1 s; medians over the seeds\n");
  fmt::print("{:8}  {:>7}  {:>5}  {:>5}  {:>11}  {:>15}  {:>9}  {:>7}\n", "costs", "ranks", "slots", "seeds",
             "makespan/LB", "makespan/greedy", "µs/chunk", "recalls");
  for (const Costs costs : {Costs::uniform, Costs::bimodal, Costs::pareto}) {
    print_line(costs, 10, 4, seeds);
    print_line(costs, 1000, 1, seeds);
    print_line(costs, 100000, 1, seeds_at_most_ranks);
  }
}
