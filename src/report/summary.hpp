// What a run ends with, on standard error.
#pragma once

#include <string>

#include "job/job.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// How many tasks succeeded and failed, in how long; the failures by reason, each with its first task, where
/// it ran, the tail of its standard error and the line that reproduces it; and how to go on if there is
/// something left to run. `arguments` is what stands behind `fanfold run` to run this job again: the
/// job file and the flags that change what a task does, quoted for sh; `to_go_on` the same for what is left
/// of this run. `run_file` is as the user gave it.
std::string summary_text(const Job& job, const RunResult& result, const std::string& arguments,
                         const std::string& to_go_on, const std::string& run_file);

}  // namespace fanfold
