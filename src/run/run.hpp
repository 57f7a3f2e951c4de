// Runs a job over the ranks of a transport: rank zero coordinates (and works), the others work.
#pragma once

#include <string>

#include "job/job.hpp"
#include "run/run_options.hpp"
#include "run/transport.hpp"

namespace fanfold {

/// Rank zero's part, from the run file to the answer; returns when every worker has left. Throws UsageError
/// before anything ran (another job's run file, a second writer, a rank that cannot run the job), RunError if
/// the disk fails under way. After an exception the workers are still there: see dismiss_workers.
RunResult run_coordinator(Transport& transport, const Job& job, const JobSource& source,
                          const RunOptions& options, RunObserver& observer);

/// Another rank's part: returns when rank zero says so (signals are for rank zero to heed: the caller ignores
/// them). Throws RunError if rank zero is silent for a minute after the job has come. `obstacle`, if there is
/// one, is why this rank cannot run any job: rank zero is told instead.
void run_worker(Transport& transport, const Worker::ChooseThreads& choose_threads, std::string obstacle = {});

/// Tells the workers to leave at once, and waits until the messages are out, at most two seconds.
void dismiss_workers(Transport& transport);

}  // namespace fanfold
