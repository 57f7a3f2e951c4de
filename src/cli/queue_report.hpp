// What a batch system says of the jobs of a run, for `status`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "submit/batch_system.hpp"

namespace fanfold {

/// "Slurm job 12, submitted 2026-…: RUNNING (n1)", a line for each part of an array.
std::string queue_text(const SubmissionRecord& record, const QueueState& state);

/// {"name", "submitted", "jobs": [{"job", "state", "reason"}], "obstacle"}
nlohmann::ordered_json queue_json(const SubmissionRecord& record, const QueueState& state);

/// Of a run that was submitted and has no run file: that nothing is recorded, or how far the parts of the
/// array are.
std::string unrecorded_text(const std::string& run_file, const SubmissionRecord& record);

}  // namespace fanfold
