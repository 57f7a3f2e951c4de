// What the coordinator and the workers say to each other. A message is one byte buffer: its kind, then its
// fields.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/cpu_level.hpp"
#include "core/ids.hpp"
#include "core/task_set.hpp"
#include "job/chunk.hpp"
#include "job/outcome.hpp"

namespace fanfold {

// ---- from the coordinator to a worker ---------------------------------------------------------------------

/// A piece of the job (an encoded JobSource), in order. The worker opens the job when it has all
/// `total_bytes`.
struct JobMsg {
  std::uint64_t total_bytes = 0;
  Bytes piece;
  bool operator==(const JobMsg&) const = default;
};
struct ChunkMsg {
  Chunk chunk;
  bool operator==(const ChunkMsg&) const = default;
};
/// Give back up to `tasks` tasks that were not started; answered by one ReturnMsg.
struct RecallMsg {
  std::uint64_t tasks = 0;
  bool operator==(const RecallMsg&) const = default;
};
/// Give back everything that was not started; what runs may end.
struct DrainMsg {
  bool operator==(const DrainMsg&) const = default;
};
/// End: nothing more will come. The worker answers with ByeMsg and leaves. `abandon`: running tasks are ended
/// too. `survivors_only`: ranks were lost, so nobody may wait for all.
struct StopMsg {
  bool abandon = false;
  bool survivors_only = false;
  bool operator==(const StopMsg&) const = default;
};

/// The worker was silent for so long that its tasks went to others: it is to drop them and say hello again.
struct RejoinMsg {
  bool operator==(const RejoinMsg&) const = default;
};

// ---- from a worker to the coordinator ---------------------------------------------------------------------

/// The first message, before the job has come: who is there. Kernels from source are compiled for CPUs that
/// all ranks have.
struct PresentMsg {
  std::string host;
  std::int64_t pid = 0;
  CpuLevel cpu_level = CpuLevel::baseline;
  bool operator==(const PresentMsg&) const = default;
};
/// The job has come: who joins. Also carries why a worker cannot run the job (`error`), such as a missing
/// kernel.
struct HelloMsg {
  std::string host;
  std::int64_t pid = 0;
  std::uint32_t compute_threads = 0;
  std::uint32_t io_threads = 0;
  std::string simd_target;
  std::string version;  ///< of fanfold: all ranks have the same
  std::string error;    ///< empty: it joins
  bool operator==(const HelloMsg&) const = default;
};
/// The worker can take this many chunks more.
struct WantMsg {
  std::uint32_t chunks = 0;
  bool operator==(const WantMsg&) const = default;
};
/// Tasks of a chunk that have begun. Sent for tasks whose cost is over 50 ms or unknown; cheaper ones by
/// report only.
struct StartedMsg {
  ChunkTasks started;
  bool operator==(const StartedMsg&) const = default;
};
/// Parts of chunks that ended.
struct DoneMsg {
  std::vector<Report> reports;
  bool operator==(const DoneMsg&) const = default;
};
/// Tasks that were not started and are given back, with their chunks. Empty: there were none.
struct ReturnMsg {
  std::vector<ChunkTasks> parts;
  bool operator==(const ReturnMsg&) const = default;
};
/// "I am alive", when nothing else was sent for a while.
struct HeartbeatMsg {
  bool operator==(const HeartbeatMsg&) const = default;
};
/// The last message of a worker.
struct ByeMsg {
  bool operator==(const ByeMsg&) const = default;
};

/// The worker runs this many tasks at the same time from now on.
struct SlotsMsg {
  std::uint32_t slots = 0;
  bool operator==(const SlotsMsg&) const = default;
};

using Message = std::variant<JobMsg, ChunkMsg, RecallMsg, DrainMsg, StopMsg, HelloMsg, WantMsg, StartedMsg,
                             DoneMsg, ReturnMsg, HeartbeatMsg, ByeMsg, SlotsMsg, RejoinMsg, PresentMsg>;

Bytes encode(const Message& message);
/// Throws DecodeError at bytes that are no message; nothing that a peer sends can do more harm than that.
Message decode_message(std::span<const std::byte> bytes);

}  // namespace fanfold
