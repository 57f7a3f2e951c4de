// Talks to a batch system through its commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "submit/record.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {

/// Writes the script beside the run file, submits it, and records the jobs. Throws UsageError with what the
/// command said if it refuses: then nothing was submitted (of the parts of an array: those that it names).
SubmissionRecord submit(const Scheduler& scheduler, const Submission& submission);

/// What a batch system says now of the jobs of a run.
struct QueueState {
  std::vector<JobState> jobs;  ///< none: it knows them no more
  std::string obstacle;        ///< why it could not be asked, or does not know; empty if it answered
};
/// Never throws: who asks has other things to say as well. Waits ten seconds at most.
QueueState queue_state(const SubmissionRecord& record);

/// Throws UsageError with what the command said if it refuses.
void cancel(const SubmissionRecord& record);

/// The parallel environment of Grid Engine that suits MPI best among those that there are; empty if it cannot
/// be asked or none is known to.
std::string find_parallel_environment();

}  // namespace fanfold
