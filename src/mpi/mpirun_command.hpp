// How mpirun is called so that a run can lose ranks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mpi/launch.hpp"

namespace fanfold {

/// The words of mpirun for these ranks, on these hosts (none: as mpirun finds them).
std::vector<std::string> mpirun_words(int ranks, const std::vector<Host>& hosts,
                                      const std::vector<std::string>& command);

/// The settings of Open MPI that a run needs which loses ranks, as environment variables; the user's own
/// settings win. `one_host`: the ranks need no network.
std::vector<std::pair<std::string, std::string>> mpirun_settings(bool one_host);

/// The command of a later start: it goes on from the run file, instead of making it anew once more.
std::vector<std::string> command_to_go_on(const std::vector<std::string>& command, bool rank_zero_works);

}  // namespace fanfold
