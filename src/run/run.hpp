// Runs a job over the ranks of a transport: rank zero coordinates (and works), the others work.
#pragma once

#include <functional>
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

struct WorkerOptions {
  Worker::ChooseThreads choose_threads;
  std::string obstacle;  ///< why this rank cannot run any job, which rank zero is told; empty: it can
  const InterruptGuard* interrupts = nullptr;  ///< the signals that this rank gets, which rank zero heeds
  /// Called once when a signal ends the ranks and rank zero does not answer: mpirun ends them because it
  /// died.
  std::function<void()> on_orphaned;
};

/// Another rank's part: returns when rank zero says so; true: ranks were lost, so nobody may wait for all.
/// Throws RunError if rank zero is silent for a minute after the job has come.
bool run_worker(Transport& transport, const WorkerOptions& options);

/// Tells the workers to leave at once, and waits until the messages are out, at most two seconds.
void dismiss_workers(Transport& transport);

}  // namespace fanfold
