// The rows of tasks, put together from what the run file holds of each: a row of its own, kept columns,
// failures.
#pragma once

#include <SQLiteCpp/Database.h>

#include <functional>

#include "journal/run_file.hpp"

namespace fanfold {

/// Visits the rows of finished tasks in ascending order. Streams: memory does not grow with tasks. Throws
/// DecodeError at damage.
void read_rows(const SQLite::Database& database, const RowSelection& selection, const RowVisitor& visitor);

/// The same, one row after the other.
void read_each_row(const SQLite::Database& database, const RowSelection& selection,
                   const std::function<void(const TaskRow&)>& row);

/// The tasks that failed.
TaskSet read_failed(const SQLite::Database& database);

}  // namespace fanfold
