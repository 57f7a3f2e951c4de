// The way to MPI: a module that is loaded only when a run has several ranks.
#pragma once

#include <memory>
#include <string>

#include "run/transport.hpp"

namespace fanfold {

/// True if an MPI launcher (mpirun, srun --mpi=pmix) started this process.
bool started_by_mpi();

/// Initialises MPI and returns its transport. Called once, by the main thread. Throws UsageError if the
/// module or MPI cannot be loaded.
std::unique_ptr<Transport> open_mpi_transport();

/// "Open MPI v4.1.4": the name that the MPI library gives itself. Loads it and starts nothing. Throws
/// UsageError if it cannot be loaded.
std::string mpi_library_version();

/// How many ranks of this run are on this host, and the number of this one among them.
struct LocalRanks {
  int count = 1;
  int index = 0;
};
LocalRanks local_ranks();

}  // namespace fanfold

/// What the module exports. The caller owns the object.
extern "C" fanfold::Transport* fanfold_open_mpi();
/// A text that lives as long as the module.
extern "C" const char* fanfold_mpi_library_version();
