// The failures of a run by reason, from its run file.
#pragma once

#include <string>

#include "job/job.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// The digest of all failed tasks of a run file, of whatever execution, as a run prints it at its end; empty
/// if none has failed.
std::string recorded_digest_text(const Job& job, const RunFileReader& file, const std::string& run_file);

}  // namespace fanfold
