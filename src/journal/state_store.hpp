// What a run has come to, in the run file: a checkpoint and the reports since.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>

#include "journal/run_file.hpp"

namespace fanfold {

/// Writes reports and checkpoints, each inside a transaction of the caller.
class StateWriter {
 public:
  explicit StateWriter(SQLite::Database& database);

  void add_report(std::uint32_t execution, const JournalEntry& entry);
  /// Replaces all reports and the checkpoint before.
  void write_checkpoint(const RunState& state);
  /// True when the reports take more room than the checkpoint that would replace them, and enough to matter.
  bool wants_checkpoint() const;
  /// Counts anew what the database holds: at the beginning and after a rollback.
  void measure();

 private:
  SQLite::Database& database_;
  SQLite::Statement add_report_;
  SQLite::Statement add_checkpoint_;
  std::uint64_t report_rows_ = 0;
  std::uint64_t report_bytes_ = 0;
  std::uint64_t checkpoint_bytes_ = 0;
};

/// The checkpoint merged with the reports since. Throws DecodeError at damage.
RunState read_state(const SQLite::Database& database, const RunFileWriter::MergePartials& merge,
                    std::uint64_t tasks);

/// The finished tasks alone.
TaskSet read_finished(const SQLite::Database& database);

}  // namespace fanfold
