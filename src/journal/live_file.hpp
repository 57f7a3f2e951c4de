// RUN.live: who writes a run file now. A JSON file, replaced atomically every 2 seconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

/// One rank of a run that is live.
struct LiveRank {
  std::int32_t rank = 0;
  std::string host;
  std::uint32_t slots = 0;    ///< tasks that it runs at the same time
  std::uint64_t running = 0;  ///< tasks that it has
  double load = 0;            ///< share of its slots that were busy lately, 0 … 1
  bool lost = false;
  bool operator==(const LiveRank&) const = default;
};

/// What RUN.live says.
struct LiveStatus {
  std::string host;
  std::int64_t pid = 0;
  /// When the process began, in clock ticks since its host booted (field 22 of /proc/PID/stat): tells it from
  /// a later process with the same pid. 0: unknown.
  std::uint64_t process_start = 0;
  std::int64_t heartbeat = 0;  ///< seconds since 1970 when it was written
  std::uint64_t tasks = 0;
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;
  std::uint64_t running = 0;
  std::uint32_t ranks = 0;
  double seconds = 0;               ///< since the execution began
  double rate = 0;                  ///< tasks per second, lately
  std::optional<double> remaining;  ///< seconds, estimated
  bool draining = false;            ///< no more tasks are started
  std::vector<LiveRank> loads;      ///< of the first most_live_ranks ranks that have joined
};

/// The live file stays small, however many ranks there are.
constexpr std::size_t most_live_ranks = 1000;

/// The name of the live file of a run file.
std::filesystem::path live_path(const std::filesystem::path& run_file);

/// None if there is no live file or it cannot be read as one.
std::optional<LiveStatus> read_live(const std::filesystem::path& run_file);

/// True if its writer is gone: on this host the pid does not run (a zombie does not, nor does a later process
/// with the same pid), elsewhere its heartbeat is more than 30 seconds old.
bool is_stale(const LiveStatus& live, std::int64_t now);

/// The right to write a run file. One process at a time holds it. Used by one thread at a time.
class LiveFile {
 public:
  /// Takes the right, from a stale holder too; of several processes that try at once, one gets it. Throws
  /// UsageError with the holder's host and pid if it is alive, RunFileError or RunError if it cannot write.
  /// Host, pid and process_start are this process's, whatever `status` says.
  LiveFile(const std::filesystem::path& run_file, const LiveStatus& status);
  /// Gives the right back: removes the file if it is still ours.
  ~LiveFile();
  LiveFile(const LiveFile&) = delete;
  LiveFile& operator=(const LiveFile&) = delete;

  /// Replaces the status. Throws RunError if the disk does not take it, or if another process took the run
  /// file over (this one was stopped for so long that it seemed gone).
  void update(const LiveStatus& status);

 private:
  std::filesystem::path run_file_;
  std::filesystem::path path_;
};

}  // namespace fanfold
