// What `doctor` looks at, and `run` before it starts.
#pragma once

#include <optional>
#include <string>

#include "doctor/findings.hpp"
#include "job/job.hpp"

namespace fanfold {

/// This rank, with the threads that it would have. `job` may be null.
RankView view_of_rank(std::int32_t rank, const Job* job);

/// The run of a job as far as it can be told before it runs; without MPI's version, and without what its run
/// file would have to be read for.
RunView view_of_run(const Job& job, const std::string& run_file);

/// How long a run will still take, if it goes on as fast as on average so far; none if nothing is recorded.
std::optional<double> remaining_seconds(const std::string& run_file);

}  // namespace fanfold
