// Whether the bytes of a run file are those that were written.
#pragma once

#include <SQLiteCpp/Database.h>

#include "journal/run_file.hpp"

namespace fanfold {

/// Checks SQLite's structures, and each row against its checksum. Throws SQLite::Exception if the file cannot
/// be read at all.
FileIntegrity check_integrity(SQLite::Database& database);

}  // namespace fanfold
