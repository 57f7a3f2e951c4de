// Files that a command writes because an option names them.
#pragma once

#include <string>

#include "job/job.hpp"

namespace fanfold {

/// Throws UsageError if `output`, which the option names, is the job file or the run file, whatever it is
/// called there: a slip must not cost what a run has found.
void check_output_path(const char* option, const std::string& output, const JobSource& source,
                       const std::string& run_file);

}  // namespace fanfold
