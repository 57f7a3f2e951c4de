// A discrete-event simulation of a whole run: the real Schedule, simulated workers, messages and clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold::test {

/// What is simulated. All times are seconds.
struct Simulation {
  std::uint32_t ranks = 10;
  std::uint32_t slots = 1;             ///< of each rank
  std::vector<float> costs;            ///< of each task: how long it runs
  bool costs_known = false;            ///< longest first, as with `[task] cost`
  std::optional<std::uint64_t> chunk;  ///< fixed tasks per chunk
  double least_latency = 100e-6;       ///< of a message; uniform …
  double most_latency = 1e-3;          ///< … up to this. Messages between two ranks stay in order.
  /// That the coordinator is busy with each message that it gets or sends: a bare MPI program answers 0.4 to
  /// 0.7 million requests a second (1 µs for each message of the two), and Schedule takes 2 µs for each
  /// chunk.
  double coordinator_seconds = 1.5e-6;
  double report_seconds = 0.1;  ///< a worker reports finished parts of a chunk this often
  std::uint64_t seed = 1;       ///< of the latencies
};

struct SimulationResult {
  double makespan = 0;           ///< when the coordinator knew that all tasks had finished
  std::uint64_t finished = 0;    ///< tasks that Schedule counted
  std::uint64_t executions = 0;  ///< tasks that workers ran: more than that if some ran twice
  std::uint64_t chunks = 0;
  std::uint64_t recalls = 0;
  std::uint64_t stale = 0;
  std::uint64_t largest_chunk = 0;
  double schedule_seconds = 0;  ///< real time spent inside Schedule
};

/// Runs it to its end; stops early, with fewer tasks finished, if nothing happens any more.
SimulationResult simulate(const Simulation& setup);

/// No schedule can be faster: the work divided by the slots, or the longest task.
double lower_bound(const Simulation& setup);
/// What single tasks in the same order take when each goes to the slot that is free first, at no cost (Graham
/// 1969).
double list_scheduling(const Simulation& setup);

/// Task costs of mean 1 s.
enum class Costs {
  uniform,  ///< 0 … 2 s
  bimodal,  ///< 0.5 s; one in nine 5 s
  pareto    ///< α = 1.5, from 1/3 s: the variance is infinite
};
std::vector<float> draw(Costs costs, std::uint64_t tasks, std::uint64_t seed);
std::string name_of(Costs costs);

}  // namespace fanfold::test
