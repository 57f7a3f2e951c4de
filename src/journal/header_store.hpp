// What is the same for a whole run, in the run file: the header with the job and its inputs.
#pragma once

#include <SQLiteCpp/Database.h>

#include "journal/run_file.hpp"

namespace fanfold {

/// Replaces the header. Inside a transaction of the caller.
void write_header(SQLite::Database& database, const RunHeader& header);

/// Throws DecodeError if something of it is missing or damaged.
RunHeader read_header(const SQLite::Database& database);

}  // namespace fanfold
