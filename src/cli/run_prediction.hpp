// What a run of a job will do beside its work, as far as the job tells: messages and files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "job/job.hpp"

namespace fanfold {

/// How the tasks are handed out.
struct ChunkPrediction {
  std::optional<std::uint64_t> tasks;  ///< of each chunk; none: chosen as the run goes, by measured cost
  std::optional<std::uint64_t> count;  ///< how many chunks; where `tasks` is known
  double seconds = 0;                  ///< what a chunk aims at for each thread; where `tasks` is not known
};

struct RunFilePrediction {
  std::uint64_t bytes = 0;         ///< about; without what programs print
  bool grows_with_output = false;  ///< what programs print is added, compressed
};

ChunkPrediction predict_chunks(const Job& job);

/// From rows and values that were measured, see the source. Failures and retries are not foreseen.
RunFilePrediction predict_run_file(const Job& job);

}  // namespace fanfold
