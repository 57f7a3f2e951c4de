// The machine that this process runs on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fanfold {

/// The name of this host, or "unknown".
std::string host_name();

/// How many CPUs this process may run on (its affinity mask), and how many the machine has online.
int allowed_cpus();
int online_cpus();

/// Bytes of memory of this host, or what the control groups of this process leave of it.
std::uint64_t memory_of_host();

/// The GPUs that programs may use, by the names that CUDA_VISIBLE_DEVICES has for them; without that variable
/// all that the host has.
std::vector<std::string> visible_gpus();

}  // namespace fanfold
