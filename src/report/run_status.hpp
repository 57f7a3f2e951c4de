// How far a run is, from its run file and from what its writer says of itself.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "journal/live_file.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// A run at one moment.
struct RunStatus {
  std::string run_file;  ///< as the user gave it
  /// What the run file records. None while its writer does not share it (on a network file system):
  /// `obstacle` says why.
  struct Recorded {
    RunHeader header;
    std::uint64_t finished = 0;  ///< of header.tasks; both without `left_out`
    std::uint64_t failed = 0;
    std::uint64_t left_out = 0;  ///< found not to meet `where`
    double seconds = 0;          ///< of all executions
    std::vector<ExecutionRecord> executions;
  };
  std::optional<Recorded> recorded;
  std::string obstacle;
  std::optional<LiveStatus> live;
  bool stale = false;              ///< the writer is gone
  std::int64_t heartbeat_age = 0;  ///< seconds since the writer was last heard of

  /// True while its writer is at work.
  bool running() const { return live && !stale; }
};

/// Throws RunFileError if there is no such run file, or nobody who says how far it is.
RunStatus read_run_status(const std::string& run_file);

/// What the writer of a run file says of itself; none if nobody is at work.
std::optional<LiveStatus> read_running(const std::string& run_file);

/// Several lines.
std::string status_text(const RunStatus& status);
/// One line of a run that is running: "2 of 8 tasks finished (25%), 1 failed, 2 handed out; 12.3/s, 5.00 s
/// left".
std::string status_line(const LiveStatus& live);
/// {"run_file", "state", "recorded", "live"}; the state is "running", "starting", "interrupted" (its writer
/// is gone), "stopped" (tasks are left to run) or "ended"; what is not known is null.
nlohmann::ordered_json status_json(const RunStatus& status);

}  // namespace fanfold
