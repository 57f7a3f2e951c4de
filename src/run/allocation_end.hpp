// When the allocation ends that a scheduler gave.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace fanfold {

using WallTime = std::chrono::system_clock::time_point;

/// Asks the scheduler whose allocation this process is in (Slurm, Grid Engine), which may take ten seconds.
/// None: there is none, it has no end, or it does not say.
std::optional<WallTime> find_allocation_end();

/// What `scontrol show job -o` says: "… EndTime=2026-11-27T03:04:05 …", in local time.
std::optional<WallTime> end_in_slurm_job(const std::string& text);
/// What Grid Engine says of job `id`: `qstat -xml`, which knows when it began, and `qstat -j`, which knows
/// its limits: the sooner of "h_rt=3600" and "s_rt=3500".
std::optional<WallTime> end_in_grid_engine_job(const std::string& xml, const std::string& job,
                                               const std::string& id);

}  // namespace fanfold
