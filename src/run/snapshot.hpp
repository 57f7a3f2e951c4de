// How far a run is: what progress, the live file and the summary are drawn from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace fanfold {

/// One rank of a run.
struct RankStatus {
  Rank rank;
  std::string host;
  std::uint32_t slots = 0;        ///< tasks that it runs at the same time
  std::uint64_t outstanding = 0;  ///< tasks that it has and that did not end yet
  double load = 0;                ///< share of its slots that were busy lately, 0 … 1
  bool lost = false;
  std::uint32_t first_slots = 0;  ///< when it joined
};

/// A rank that was given up.
struct LostRank {
  Rank rank;
  std::string host;         ///< empty: it had not joined
  double seconds = 0;       ///< since the execution began
  std::string why;          ///< "its process has ended"
  std::uint64_t tasks = 0;  ///< that went to others
};

/// A run at one moment.
struct Snapshot {
  double seconds = 0;               ///< since this execution began
  std::uint64_t tasks = 0;          ///< of the job, or of the part of it that was asked for
  std::uint64_t finished = 0;       ///< of those, in earlier executions too
  std::uint64_t finished_here = 0;  ///< in this execution
  std::uint64_t failed = 0;         ///< of `finished`
  std::uint64_t outstanding = 0;    ///< handed out and not ended
  std::uint64_t chunks = 0;         ///< handed out in this execution
  double rate = 0;                  ///< tasks per second, lately
  std::optional<double> remaining;  ///< seconds, estimated
  bool draining = false;
  std::vector<RankStatus> ranks;
};

}  // namespace fanfold
