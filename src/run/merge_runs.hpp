// Several runs of one job, each of which ran a part of it, become one.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "job/job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {

struct MergedRun {
  std::unique_ptr<const Job> job;
  std::uint64_t tasks = 0;     ///< N, without those that `where` left out
  std::uint64_t finished = 0;  ///< likewise
  std::uint64_t failed = 0;    ///< of `finished`
  std::uint64_t repeated = 0;  ///< tasks that more than one of the runs had; each counts once
  std::vector<reduce::Answer> answers;
};

/// Creates the run file `path` of the run files `runs`, with the answer that one run would have: reductions
/// merge exactly. Of a task that several of them ran, the run in which it succeeded counts; where that cuts a
/// file whose reductions then hold too much, they are made again from the values of each task, if these are
/// kept. Throws UsageError if they are not, if the runs are of different jobs, or if `path` is there;
/// RunFileError if one cannot be read.
MergedRun merge_runs(const std::filesystem::path& path, const std::vector<std::filesystem::path>& runs);

}  // namespace fanfold
