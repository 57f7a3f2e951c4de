// The rows of tasks, put together from what the run file holds of each: a row of its own, kept columns,
// failures.
#pragma once

#include <SQLiteCpp/Database.h>

#include <functional>

#include "journal/run_file.hpp"

namespace fanfold {

/// Calls `row` for each finished task in ascending order; `failed_only`: those that failed. Streams: memory
/// does not grow with tasks. Throws DecodeError at damage.
void read_rows(const SQLite::Database& database, bool failed_only,
               const std::function<void(const TaskRow&)>& row);

/// The tasks that failed.
TaskSet read_failed(const SQLite::Database& database);

}  // namespace fanfold
