// The failures of a run by reason.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "job/job.hpp"
#include "run/failure_log.hpp"

namespace fanfold {

/// What is needed to say where failures were and how to see them again.
struct DigestContext {
  std::string
      arguments;  ///< behind `fanfold run`: the job file and the flags that change what a task does, for sh
  std::string run_file;  ///< as the user gave it
  std::function<std::string(const FailureGroup&)>
      host_of;  ///< where the first of a group ran; empty: not known
};

/// At most 10 groups, most frequent first, each with its first task, where that ran, the end of its standard
/// error and the line that reproduces it; how many tasks failed for other reasons; how to see all of them.
std::string digest_text(const Job& job, const std::vector<FailureGroup>& groups, std::uint64_t others,
                        const DigestContext& context);

/// What stands behind `fanfold run` to run a recorded job again with the same tasks.
std::string arguments_of(const JobSource& source);

}  // namespace fanfold
