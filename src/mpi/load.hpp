// The way to MPI: a module that is loaded only when a run has several ranks.
#pragma once

#include <memory>
#include <string>

#include "run/transport.hpp"

namespace fanfold {

/// True if an MPI launcher (mpirun, srun --mpi=pmix) started this process.
bool started_by_mpi();

/// True if the launcher lets the ranks go on when one of them dies (Open MPI's recovery mode). Then no rank
/// may call MPI_Finalize, which waits for the dead, and each leaves by itself.
bool survives_losses();

/// Initialises MPI and returns its transport. Called once, by the main thread. Throws UsageError if the
/// module or MPI cannot be loaded.
std::unique_ptr<Transport> open_mpi_transport();

/// "Open MPI v4.1.4": the name that the MPI library gives itself. Loads it and starts nothing. Throws
/// UsageError if it cannot be loaded.
std::string mpi_library_version();

/// The command line of mpirun that started this rank, for a shell; empty if it was not mpirun on this host.
std::string mpirun_command_line();

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
