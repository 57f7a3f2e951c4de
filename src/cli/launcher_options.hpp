// The options of `run` that start mpirun.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "mpi/launch_plan.hpp"

namespace fanfold {

struct LauncherOptions {
  int ranks = 0;
  std::string hosts;
  std::string hostfile;
  std::uint32_t restarts = LaunchLimits().restarts;

  /// True if mpirun is to be started.
  bool any() const { return ranks > 0 || !hosts.empty() || !hostfile.empty(); }
};

/// The options live as long as the command. `group`: the heading in help.
void add_launcher_options(CLI::App& command, LauncherOptions& options, const char* group);

/// Runs this command line, whose words these are, on ranks: see launch(). Throws UsageError.
ExitStatus launch_ranks(const LauncherOptions& options, const std::vector<std::string>& words);

}  // namespace fanfold
