// Failed kernel-only tasks in the run file: about a byte for each, never all of them in memory.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/task_set.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// A block of ascending, disjoint ranges as bytes, gaps and sizes apart: they compress better so.
/// Precondition: not empty.
Bytes encode_ranges(std::span<const TaskRange> ranges);

/// The ranges of one encode_ranges, one after the other.
class RangeReader {
 public:
  /// Keeps the bytes. Throws DecodeError, as does next.
  explicit RangeReader(Bytes bytes);
  std::optional<TaskRange> next();

 private:
  Bytes bytes_;
  ByteReader gaps_;
  ByteReader sizes_;
  std::uint64_t left_ = 0;
  std::uint64_t previous_end_ = 0;
};

/// Writes failed tasks. Inside a transaction of the caller.
class FailureWriter {
 public:
  explicit FailureWriter(SQLite::Database& database);
  /// Throws DecodeError at a set of tasks that is damaged.
  void add(const std::vector<FailedTasks>& failures);
  /// Forgets what it knows of the database: after a rollback, or when rows were removed.
  void forget() { ids_.clear(); }

 private:
  std::int64_t id_of(const std::string& reason);
  void write_block(std::int64_t reason, std::vector<TaskRange>& ranges);

  SQLite::Statement find_reason_;
  SQLite::Statement add_reason_;
  SQLite::Statement add_block_;
  std::map<std::string, std::int64_t> ids_;  // of the reasons seen lately
};

/// Reads failed tasks in ascending order: all blocks that have some of the tasks asked for. Holds the blocks
/// that overlap at one place, a few tens of KB each.
class FailureReader {
 public:
  FailureReader(const SQLite::Database& database, TaskRange tasks);

  struct Failure {
    TaskRange tasks;
    std::string reason;
  };
  /// Where it stands; none at the end.
  const std::optional<Failure>& current() const { return current_; }
  void advance();

 private:
  struct Block {
    RangeReader ranges;
    TaskRange range;
    std::string reason;
  };
  void open_blocks_up_to(std::uint64_t task);

  SQLite::Statement rows_;
  bool more_rows_ = true;
  std::multimap<std::uint64_t, Block> open_;  // by the beginning of the range that is next
  std::optional<Failure> current_;
};

}  // namespace fanfold
