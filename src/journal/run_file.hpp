// The run file: the one SQLite file that records a run, from which it can be resumed. Schema: README.md
// beside this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/task_set.hpp"
#include "job/job.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// The version of the schema that this program writes; it reads this and earlier ones.
constexpr int run_file_version = 2;

/// An entry of the event log. Report, dashboard and trace are drawn from it.
struct Event {
  enum class Kind : std::uint8_t {
    run_started = 0,  ///< count: ranks
    rank_joined = 1,  ///< count: slots, detail: host
    chunk_sent = 2,   ///< chunk, task: its first, count: tasks, detail: see event_detail
    chunk_done = 3,   ///< chunk (a part of it), task: the lowest that ended for good, count, detail: likewise
    returned = 4,     ///< chunk (a part of it), task: the first, count, detail: likewise
    retried = 5,      ///< task, chunk, count: the attempt that failed, detail: why
    rank_lost = 6,    ///< count: tasks that it had
    drain = 7,        ///< detail: why
    run_ended = 8,    ///< count: finished tasks; detail: why
    blamed = 9,       ///< task: the first of those that may have killed their rank, count: how many ranks so
                      ///< far, detail: the tasks, "5:6"
  };
  double time = 0;  ///< seconds since the execution began
  Kind kind{};
  Rank rank;
  ChunkId chunk;
  TaskIndex task;
  std::uint64_t count = 0;
  std::string detail;
  bool operator==(const Event&) const = default;
};

/// What is the same for a whole run.
struct RunHeader {
  int version = run_file_version;
  std::string fanfold_version;
  std::string job_name;
  JobSource job;  ///< with its inputs: the run file is enough to open the job again
  std::vector<Job::FingerprintEntry> fingerprint;
  std::uint64_t tasks = 0;    ///< N
  bool keeps_values = false;  ///< of kernel-only tasks
  std::string created;        ///< ISO 8601, UTC
  std::string host;
  /// Tasks of another run with which this one began: they are rows of no execution, 0.
  struct Adopted {
    std::string file;         ///< absolute
    std::uint64_t tasks = 0;  ///< how many
    bool operator==(const Adopted&) const = default;
  };
  std::optional<Adopted> adopted;
};

/// What a run has come to: all that resume and `status` need. O(answer), not O(N).
struct RunState {
  TaskSet finished;
  std::uint64_t failed = 0;    ///< of `finished`
  std::uint64_t left_out = 0;  ///< of `finished`: not run, for they do not meet `where`
  Bytes partial;               ///< reduce::Partial of `finished`; empty if there is none
  double seconds = 0;          ///< of all executions so far
  std::uint32_t executions = 0;
  bool ended = false;  ///< all N tasks are finished
};

/// One commit's worth of news. Everything in it becomes durable together or not at all.
struct JournalEntry {
  TaskSet finished;
  std::uint64_t failed = 0;
  std::uint64_t left_out = 0;
  Bytes partial;  ///< merged Partial of `finished`
  std::vector<FailedTasks> failures;
  std::vector<Outcome> outcomes;
  std::vector<KeptColumns> columns;
  std::vector<Event> events;
  double seconds = 0;  ///< of this execution so far
};

/// One task's row, as `results` shows it.
struct TaskRow {
  TaskIndex task;
  Status status = Status::succeeded;
  std::string error;
  std::uint32_t attempts = 1;
  std::int32_t rank = 0;
  double start = 0;     ///< seconds since its execution began
  double duration = 0;  ///< seconds; 0 for kernel-only tasks
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;
  std::vector<Value> values;  ///< in the order of Job::value_slots; empty if it failed or values are not kept
  std::uint32_t execution =
      0;  ///< in which it ended; 0: adopted, or kernel-only, of which it is not recorded
  std::uint32_t slot = 0;
};

/// Which rows are asked for.
struct RowSelection {
  bool failed_only = false;
  TaskRange tasks{0, std::numeric_limits<std::int64_t>::max()};
};

/// Takes rows in ascending order of tasks. Neither argument outlives the call.
struct RowVisitor {
  /// A task with a source, or one that failed.
  std::function<void(const TaskRow&)> row;
  /// Consecutive kernel-only tasks that succeeded: a column for each of Job::value_slots, or none if their
  /// values are not kept.
  std::function<void(TaskRange tasks, std::span<const ConstColumn> values)> block;
};

/// One start or resumption of a run.
struct ExecutionRecord {
  std::uint32_t number = 0;  ///< from 1
  std::string host;          ///< of the coordinator
  std::int64_t pid = 0;
  std::uint32_t ranks = 0;
  std::string started;  ///< ISO 8601, UTC
  std::string fanfold_version;
  double seconds = 0;  ///< how long it has run, at its last commit
};

/// An attempt of a task with a source.
struct AttemptRecord {
  std::uint32_t execution = 0;
  Outcome outcome;  ///< `start`: seconds since that execution began
};

/// What a run file could not give: it is damaged, locked by another program, of a newer version, no run file
/// at all.
class RunFileError : public Error {
 public:
  using Error::Error;
};

/// How a run file is opened. Exclusively, SQLite needs neither a memory map that processes share nor working
/// fcntl locks, as on network file systems; but nobody else can read the file while it is open.
enum class Sharing {
  automatic,  ///< exclusive on a network file system, else shared
  shared,
  exclusive,
};

/// The run file as its one writer sees it. Used by one thread at a time (the journal thread while a run is
/// live).
class RunFileWriter {
 public:
  /// Creates the file (its folder must exist) with the header. Throws UsageError if there is one, RunError if
  /// the disk does not take it; a crash leaves the whole file or none.
  static std::unique_ptr<RunFileWriter> create(const std::filesystem::path& path, const RunHeader& header,
                                               Sharing sharing = Sharing::automatic);
  /// Opens an existing file to go on. Recovers from whatever a crash left. Throws RunFileError.
  static std::unique_ptr<RunFileWriter> open(const std::filesystem::path& path,
                                             Sharing sharing = Sharing::automatic);
  ~RunFileWriter();

  const RunHeader& header() const;
  /// What was committed so far. `merge` merges two encoded Partials: the reports since the last checkpoint
  /// are merged with it (this folder knows nothing of what is in them).
  using MergePartials = std::function<Bytes(const std::vector<Bytes>&)>;
  RunState load(const MergePartials& merge);

  /// A new execution begins; further entries belong to it. Returns its number, from 1.
  std::uint32_t begin_execution(const std::string& host, std::int64_t pid, std::uint32_t ranks);
  /// Commits an entry durably: when it returns, a crash cannot lose it. Throws RunError if the disk does not
  /// take it; what was committed before is intact.
  void commit(const JournalEntry& entry);
  /// Replaces everything before by one state (a checkpoint), so that the file stays small and opens fast.
  void checkpoint(const RunState& state);
  /// True when the reports since the last checkpoint outweigh it: time for a checkpoint.
  bool wants_checkpoint() const;

  /// Forgets how the failed tasks ended, so that they run again; returns them. `partial` is the state's
  /// Partial without what failed tasks contributed (see reduce::Partial::forget_failures). One transaction.
  TaskSet forget_failed(const RunState& state, const Bytes& partial);
  /// Replaces the Partial: [reduce] has changed and was evaluated again over the kept values. One
  /// transaction, with the new header (its job and fingerprint).
  void replace_reductions(const RunHeader& header, const RunState& state);

  /// Calls `row` for each finished task in ascending order, failed ones too.
  void for_each_row(const std::function<void(const TaskRow&)>& row) const;

 private:
  struct Impl;
  explicit RunFileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What is wrong with the file itself, whatever it says.
struct FileIntegrity {
  std::vector<std::string> damage;   ///< a line for each, the first hundred; empty: none was found
  std::uint64_t checked_rows = 0;    ///< rows whose checksum is right
  std::uint64_t unchecked_rows = 0;  ///< rows that an earlier version wrote, without one
  std::uint64_t task_rows = 0;       ///< of tasks with a source
};

/// The run file as every other command sees it, also while the run is live. Read-only.
class RunFileReader {
 public:
  /// Throws RunFileError.
  explicit RunFileReader(const std::filesystem::path& path, Sharing sharing = Sharing::automatic);
  ~RunFileReader();
  const RunHeader& header() const;
  RunState load(const RunFileWriter::MergePartials& merge) const;
  /// Finished tasks in ascending order; `failed_only`: those that failed.
  void for_each_row(bool failed_only, const std::function<void(const TaskRow&)>& row) const;
  /// The same, columns at a time.
  void visit_rows(const RowSelection& selection, const RowVisitor& visitor) const;
  /// The row of one task; none if it has not finished.
  std::optional<TaskRow> row(TaskIndex task) const;
  /// Failed tasks: those with a source one by one, with the tail of their standard error, in ascending order;
  /// then ranges of kernel-only tasks that failed for one reason, in ascending order.
  void for_each_failure(const std::function<void(const AttemptRecord&)>& attempt,
                        const std::function<void(TaskRange, const std::string& reason)>& range) const;
  /// Standard output and standard error of a task's last attempt; none if it has no row.
  struct Captured {
    std::string output;
    std::string errors;
  };
  std::optional<Captured> captured(TaskIndex task) const;
  /// All attempts of a task with a source that have ended, with their output, in their order.
  std::vector<AttemptRecord> attempts(TaskIndex task) const;
  std::vector<ExecutionRecord> executions() const;
  void for_each_event(const std::function<void(std::uint32_t execution, const Event&)>& event) const;
  /// Reads every page and every row: SQLite's own structures, and the checksums.
  FileIntegrity integrity() const;
  /// Calls `read`, all of whose calls of this reader see one state of the file.
  void at_one_state(const std::function<void()>& read) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fanfold
