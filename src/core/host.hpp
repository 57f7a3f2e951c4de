// The machine that this process runs on.
#pragma once

#include <string>

namespace fanfold {

/// The name of this host, or "unknown".
std::string host_name();

/// How many CPUs this process may run on (its affinity mask), and how many the machine has online.
int allowed_cpus();
int online_cpus();

}  // namespace fanfold
