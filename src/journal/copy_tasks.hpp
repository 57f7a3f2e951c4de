// What a run file records of tasks, copied into another.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <string>

#include "journal/moved_tasks.hpp"

namespace fanfold {

/// Copies from one run file into another, inside a transaction of the caller. Streams: memory does not grow
/// with tasks.
class TaskCopy {
 public:
  /// `execution` is what the execution of a row becomes, as an expression of SQL over the column `execution`.
  TaskCopy(const SQLite::Database& from, SQLite::Database& to, std::string execution)
      : from_(from), to_(to), execution_(std::move(execution)) {}

  /// Rows, output and the attempts that were repeated of tasks with a source.
  void rows(const MovedList& tasks);
  /// Of kernel-only tasks.
  void kept_values(const MovedList& tasks);

 private:
  void rows_of(const MovedList& tasks, const std::string& columns, const std::string& table,
               const std::string& order);

  const SQLite::Database& from_;
  SQLite::Database& to_;
  std::string execution_;
};

/// Binds what the row of a query holds from the column `first` on, whatever its types, to the parameters of
/// the same places. Valid until the query's next step.
void bind_columns(SQLite::Statement& insert, const SQLite::Statement& query, int first);

}  // namespace fanfold
