// How long tasks took in a run that is made anew.
#pragma once

#include <filesystem>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// Seconds of each task, by its index, from a run file of the same tasks, whatever else of the job has
/// changed. A task that is not in it gets the mean. Empty if there is nothing to learn: no such file, other
/// tasks, none of them with a source, none that took far longer than the others, or more than 100,000, where
/// the order hardly matters.
std::vector<float> earlier_durations(const Job& job, const std::filesystem::path& run_file);

}  // namespace fanfold
