// One run file made of several of the same job.
#pragma once

#include <filesystem>
#include <vector>

#include "journal/run_file.hpp"

namespace fanfold {

/// A run file that goes into another, and which of its tasks count there: their rows, output, attempts, kept
/// values and failures are taken from it.
struct MergedFile {
  std::filesystem::path path;
  TaskSet tasks;
};

/// Creates the run file `path` with these tasks of the files and with the executions and events of all of
/// them, which are numbered anew in the order of the files. `state` is what they come to together; no task
/// may be taken from two files. Throws UsageError if there is such a file, RunFileError if one of them cannot
/// be read, RunError if the disk does not take it.
void merge_run_files(const std::filesystem::path& path, const RunHeader& header, const RunState& state,
                     const std::vector<MergedFile>& files);

}  // namespace fanfold
