// Kept values of kernel-only tasks in the run file: blocks of columns.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <vector>

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
  explicit ColumnReader(const SQLite::Database& database);
  /// The values of a task; empty if none are kept. Precondition: `task` is above that of the last call.
  /// Throws DecodeError.
  std::vector<Value> values_of(std::uint64_t task);

 private:
  struct Piece {
    TaskRange tasks;
    Bytes data;
    std::vector<std::vector<Value>> columns;  // decoded when first asked for
  };
  struct Block {
    std::int64_t id = 0;
    TaskRange tasks;
    std::vector<Piece> pieces;
    std::size_t next = 0;  // the first piece that does not end before the last task asked for
  };
  static Block open_block(std::int64_t id, std::uint64_t first, std::span<const std::byte> blob);

  SQLite::Statement rows_;
  bool more_rows_ = true;
  std::vector<Block> open_;
};

}  // namespace fanfold
