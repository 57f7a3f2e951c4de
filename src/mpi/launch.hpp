// Starts mpirun, for a user who does not want to.
#pragma once

#include <string>
#include <vector>

namespace fanfold {

/// Replaces this process by mpirun, which runs `command` on `ranks` ranks of this host, or of the allocation
/// that a scheduler gave. Ranks are not bound to cores: each takes its share of the CPUs for its threads.
/// Does not return; throws UsageError if mpirun cannot be started.
[[noreturn]] void exec_mpirun(int ranks, const std::vector<std::string>& command);

}  // namespace fanfold
