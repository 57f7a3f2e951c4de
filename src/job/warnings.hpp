// All that a user is warned of in a job, by whichever command reads it.
#pragma once

#include <vector>

#include "job/diagnostic.hpp"
#include "job/job.hpp"

namespace fanfold {

/// Names and keys that change nothing (see unused_names.hpp), files that tasks take from each other (see
/// shared_files.hpp), and a `where` that no task meets, if the job is not so large that this takes long to
/// find out. In the order of the file.
std::vector<Diagnostic> job_warnings(const Job& job, const JobSource& source);

}  // namespace fanfold
