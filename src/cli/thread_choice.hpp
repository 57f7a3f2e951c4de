// How many threads a rank has.
#pragma once

#include <cstdint>

#include "job/job.hpp"
#include "run/worker.hpp"

namespace fanfold {

/// This rank's share of the CPUs that the ranks of its host may use together.
std::uint32_t share_of_cpus();

/// What the job says; otherwise the share.
Threads choose_threads(const Job& job);

}  // namespace fanfold
