// Checks a run file from end to end: that its bytes are what was written, that each finished task is there
// once, and that the answer is what the recorded values give.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

/// What a check has found.
struct Verification {
  std::uint64_t tasks = 0;  ///< N
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;
  std::uint64_t left_out = 0;
  std::uint64_t checked_rows = 0;    ///< whose checksum is right
  std::uint64_t unchecked_rows = 0;  ///< written by a version without checksums
  /// Whether the reductions were made again from recorded values; if not, there are none, or none are kept.
  bool reduced_again = false;
  std::vector<std::string> problems;  ///< a line for each; empty: the file is sound
};

/// Reads all of the file. Throws RunFileError if it cannot be opened as a run file, JobError if its job
/// cannot.
Verification verify_run(const std::filesystem::path& path, const SourceRegistry& sources);

}  // namespace fanfold
