// The tables of a run file. Each table, column, unit and blob is described in README.md.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>

namespace fanfold {

/// "fanf": the SQLite header field that says that a database is a run file.
constexpr int run_file_application_id = 0x66616E66;

/// Creates all tables in an empty database.
void create_schema(SQLite::Database& database);

/// Gives the tables of an earlier version what this version has besides, in one transaction. The rows that
/// are there have no checksum.
void upgrade_schema(SQLite::Database& database);

/// Throws RunFileError unless the database is a run file of a version that this program reads.
void check_schema(SQLite::Database& database, const std::filesystem::path& path);

}  // namespace fanfold
