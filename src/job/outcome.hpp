// How tasks ended, as executors report it, messages carry it and the run file records it.
#pragma once

#include <fanfold/column.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/column_buffer.hpp"
#include "core/ids.hpp"
#include "core/status.hpp"
#include "core/task_set.hpp"

namespace fanfold {

class Job;

/// How one attempt of one task with a source ended.
struct Outcome {
  TaskIndex task;
  Attempt attempt{1};
  Status status = Status::succeeded;
  Rank rank;
  std::uint32_t slot = 0;
  /// Seconds since the rank joined the run; the coordinator makes it seconds since the run began.
  double start = 0;
  double duration = 0;         ///< seconds
  std::int32_t exit_code = 0;  ///< of a child process; −1 if there was none or a signal ended it
  std::int32_t signal = 0;     ///< that ended the child, or 0
  std::string error;           ///< why it failed, in one line; empty if it succeeded
  std::vector<Value> values;   ///< in the order of Job::value_slots; empty if it failed
  std::string output;          ///< standard output, up to a limit
  std::string errors;          ///< standard error, its tail
  double retry_after = 0;      ///< seconds for which the task must rest before its next attempt
  bool operator==(const Outcome&) const = default;
};

/// True if the task was not run, for a key of its source by which tasks are skipped: nothing failed, and yet
/// no program has ended.
bool was_skipped(const Job& job, const Outcome& outcome);

/// Values of consecutive kernel-only tasks that are kept: the columns of Job::value_slots.
struct KeptColumns {
  TaskRange tasks;
  Bytes data;  ///< see encode_columns
  bool operator==(const KeptColumns&) const = default;
};

/// Kernel-only tasks that failed for one reason. (Tasks with a source have their reason in the outcome.)
struct FailedTasks {
  std::string reason;
  std::uint64_t count = 0;
  Bytes tasks;  ///< an encoded TaskSet of `count` tasks: it stays packed on its way into the run file
  bool operator==(const FailedTasks&) const = default;
};

/// A part of a chunk that ended: what goes from a worker to the coordinator and into the run file as one
/// piece.
struct Report {
  ChunkId chunk;
  TaskSet finished;                   ///< tasks that ended for good (succeeded or failed)
  std::uint64_t left_out = 0;         ///< how many of `finished` were not run, for they do not meet `where`
  std::vector<FailedTasks> failures;  ///< those of the kernel-only tasks in `finished` that failed
  /// Tasks with a source: those in `finished`, and attempts that will be retried.
  std::vector<Outcome> outcomes;
  TaskList to_retry;  ///< tasks whose attempt failed and that have attempts left: not in `finished`
  TaskList not_run;   ///< tasks that whatever ends the run has ended: as if they had never begun
  std::vector<KeptColumns> columns;  ///< kernel-only tasks, if their values are kept: those of `finished`
  Bytes partial;                     ///< reduce::Partial of `finished`; empty if nothing is reduced
  double busy = 0;                   ///< seconds that threads worked on them, summed over the threads
  bool operator==(const Report&) const = default;

  /// How many of `finished` failed.
  std::uint64_t failed_count() const;
};
void encode(ByteWriter& out, const Report& report);
Report decode_report(ByteReader& in);
void encode(ByteWriter& out, const Outcome& outcome);
Outcome decode_outcome(ByteReader& in);

void encode(ByteWriter& out, const Value& value);
Value decode_value(ByteReader& in);

/// Columns as bytes: count, then for each its type and its values (fixed-width, texts with lengths).
Bytes encode_columns(std::span<const ConstColumn> columns, std::size_t rows);
/// The columns. Texts view into `data`. Throws DecodeError unless there are `rows` values of each.
std::vector<ColumnBuffer> decode_columns(std::span<const std::byte> data, std::size_t rows);

}  // namespace fanfold
