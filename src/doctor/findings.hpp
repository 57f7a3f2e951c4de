// What is wrong, or could be better, with where and how a run is started. Pure: what was seen in, findings
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/rank_view.hpp"

namespace fanfold {

/// What is seen once for a whole run.
struct RunView {
  std::string run_file;  ///< empty without a job
  bool on_network_file_system = false;
  std::uint64_t predicted_bytes = 0;  ///< of the run file
  bool grows_with_output = false;     ///< besides, what programs print
  std::uint64_t free_bytes = 0;       ///< where the run file is
  bool runs_programs = false;
  bool sets_threads_of_programs = false;  ///< the job's `env` says how many threads they have
  /// Seconds that are left to run, from how long it took so far; none: nothing is recorded.
  std::optional<double> remaining_seconds;
  std::optional<double> walltime_seconds;  ///< of this allocation, as far as it is known
  std::string mpi;                         ///< the library's version; empty: it could not be loaded
  std::string mpi_obstacle;                ///< why
  std::string transports;                  ///< as the user has chosen them; empty: Open MPI chooses
};

struct Finding {
  enum class Weight { good, note, warning, problem };
  Weight weight = Weight::good;
  std::string text;
  std::string remedy;  ///< empty where there is nothing to do
  bool operator==(const Finding&) const = default;
};

/// In the order in which they are looked for. `ranks` is not empty, rank zero first; what several ranks share
/// is said once.
std::vector<Finding> diagnose(const std::vector<RankView>& ranks, const RunView& run);

/// Only those that make a run slow or fail, which `run` warns of by itself.
std::vector<Finding> problems(const std::vector<RankView>& ranks, const RunView& run);

}  // namespace fanfold
