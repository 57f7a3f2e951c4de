// Kept values of kernel-only tasks in the run file: blocks of columns.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/task_set.hpp"
#include "job/outcome.hpp"

namespace fanfold {

/// Writes kept columns. Pieces of tasks that follow one another share a block, so that a run in chunks of one
/// task does not have a row for each. Inside a transaction of the caller.
class ColumnWriter {
 public:
  explicit ColumnWriter(SQLite::Database& database);
  void add(const std::vector<KeptColumns>& columns);

 private:
  void write_block(const std::vector<const KeptColumns*>& pieces);
  SQLite::Statement add_;
};

/// Reads kept values in ascending order of tasks. Of a task that was kept twice (it had failed and ran again)
/// the newer values count. Holds the pieces that overlap at one place, unpacked.
class ColumnReader {
 public:
  /// Of the blocks that have some of these tasks.
  ColumnReader(const SQLite::Database& database, TaskRange tasks);

  /// Consecutive tasks, and their values: a column each, or none if they are not kept. Valid until the next
  /// call.
  struct Values {
    TaskRange tasks;
    std::vector<ConstColumn> columns;
  };
  /// The values of the tasks at the beginning of the range, as many as one piece has of them; at least of
  /// one. Precondition: the range is not empty and begins after what the last call returned. Throws
  /// DecodeError.
  Values values_of(TaskRange range);

 private:
  struct Piece {
    TaskRange tasks;
    Bytes data;
    std::vector<ColumnBuffer> columns;  // decoded when first asked for; texts view into `data`
  };
  struct Block {
    std::int64_t id = 0;
    TaskRange tasks;
    std::vector<Piece> pieces;
    std::size_t next = 0;  // the first piece that does not end before the last task asked for
  };
  static Block open_block(std::int64_t id, std::uint64_t first, std::span<const std::byte> blob);
  void open_blocks_at(std::uint64_t task);

  SQLite::Statement rows_;
  bool more_rows_ = true;
  std::vector<Block> open_;
};

}  // namespace fanfold
