// Rows of tasks with a source: one for each finished task, one for each attempt that was retried, and their
// output.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "journal/run_file.hpp"

namespace fanfold {

/// Writes outcomes. Inside a transaction of the caller.
class TaskWriter {
 public:
  explicit TaskWriter(SQLite::Database& database);
  /// `finished`: tasks that ended for good, whose last attempt among the outcomes becomes their row; all
  /// other outcomes are attempts that failed and were retried.
  void add(std::uint32_t execution, const std::vector<Outcome>& outcomes, const TaskSet& finished);

 private:
  void write_task(std::uint32_t execution, const Outcome& outcome);
  void write_attempt(std::uint32_t execution, const Outcome& outcome);

  SQLite::Statement add_task_;
  SQLite::Statement add_output_;
  SQLite::Statement add_attempt_;
};

/// Reads the rows of tasks with a source in ascending order.
class TaskReader {
 public:
  TaskReader(const SQLite::Database& database, const RowSelection& selection);
  /// Where it stands; none at the end.
  const std::optional<TaskRow>& current() const { return current_; }
  /// Throws DecodeError if the row is damaged.
  void advance();

 private:
  SQLite::Statement rows_;
  std::optional<TaskRow> current_;
};

/// Output of a task's last attempt; none if it has no row.
std::optional<RunFileReader::Captured> read_captured(const SQLite::Database& database, TaskIndex task);

/// All attempts of a task with a source, with their output; the last is the one that counts, if the task has
/// ended.
std::vector<AttemptRecord> read_attempts(const SQLite::Database& database, TaskIndex task);

/// Failed tasks with a source in ascending order, with the tail of their standard error.
class FailedTaskReader {
 public:
  explicit FailedTaskReader(const SQLite::Database& database);
  /// Where it stands; none at the end.
  const std::optional<AttemptRecord>& current() const { return current_; }
  /// Throws DecodeError if the row is damaged.
  void advance();

 private:
  SQLite::Statement rows_;
  std::optional<AttemptRecord> current_;
};

}  // namespace fanfold
