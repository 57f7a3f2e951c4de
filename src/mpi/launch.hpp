// Starts mpirun for a user, and stays: what the ranks lose, this knows how to go on from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "mpi/hosts.hpp"
#include "mpi/launch_plan.hpp"

namespace fanfold {

struct LaunchRequest {
  int ranks = 0;                     ///< 0: one for each slot of `hosts`
  std::vector<Host> hosts;           ///< none: this one, or those of the scheduler's allocation
  std::vector<std::string> command;  ///< what each rank runs: the program, "run", and its arguments
  LaunchLimits limits;
};

/// Runs the command on ranks under mpirun, in a way that lets it lose any rank but zero, forwards signals,
/// starts it again from its run file when rank zero dies, and returns the exit status of the run. When it
/// returns, none of the processes is left on this host. Ranks are not bound to cores: each takes its share of
/// the CPUs for its threads. Throws UsageError if mpirun cannot be started.
ExitStatus launch(const LaunchRequest& request);

}  // namespace fanfold
