// Opens the run file of a job: creates it, or goes on where an earlier execution stopped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "job/job.hpp"
#include "journal/run_file.hpp"
#include "reduce/reduction.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// A run file that is ready to be written, and what it holds.
struct OpenRun {
  std::unique_ptr<RunFileWriter> file;
  RunState state;
  std::vector<float> durations;  ///< of its tasks in the run that it replaces; empty: unknown
};

/// Opens or creates `options.run_file`. Throws UsageError if it belongs to another job, naming the keys that
/// differ. If only [reduce] has changed and the values are kept, the reductions are made again from them.
/// With `retry_failed`, tasks that failed count as not run. The caller holds the right to write the file
/// (LiveFile).
OpenRun open_run(const Job& job, const JobSource& source, const RunOptions& options);

/// What differs between two fingerprints, in the order of the first: "task.samples was 5, is 10".
std::vector<std::string> differing_keys(const std::vector<Job::FingerprintEntry>& now,
                                        const std::vector<Job::FingerprintEntry>& before);

/// Throws what open_run would if there is a run file and it belongs to another job. Changes nothing.
void check_run_file(const Job& job, const std::filesystem::path& path);

/// How the journal merges encoded Partials of a job. The job must outlive it.
RunFileWriter::MergePartials merge_partials_of(const Job& job);

/// The Partial of a state. Throws RunFileError if it is damaged.
reduce::Partial partial_of(const Job& job, const RunState& state);

/// Throws DamagedRunFile unless every row is as it was written: what another run file takes over gets new
/// checksums there, and damage would be seen no more.
void check_sound(const RunFileReader& file, const std::filesystem::path& path);

}  // namespace fanfold
