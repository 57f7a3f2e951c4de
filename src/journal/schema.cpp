#include "journal/schema.hpp"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include "journal/row_checksum.hpp"
#include "journal/run_file.hpp"

namespace fanfold {
namespace {

constexpr const char* tables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE overrides(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE fingerprint(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE inputs(id INTEGER PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE input_pieces(input INTEGER NOT NULL, piece INTEGER NOT NULL, data BLOB NOT NULL, checksum INTEGER,
                          PRIMARY KEY(input, piece));
CREATE TABLE executions(id INTEGER PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, ranks INTEGER NOT NULL,
                        started TEXT NOT NULL, fanfold_version TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE checkpoint(id INTEGER PRIMARY KEY CHECK(id = 1), finished BLOB NOT NULL, failed INTEGER NOT NULL,
                        left_out INTEGER NOT NULL, partial BLOB NOT NULL, checksum INTEGER);
CREATE TABLE reports(id INTEGER PRIMARY KEY, execution INTEGER NOT NULL, finished BLOB NOT NULL,
                     failed INTEGER NOT NULL, left_out INTEGER NOT NULL, partial BLOB NOT NULL,
                     checksum INTEGER);
CREATE TABLE tasks(task INTEGER PRIMARY KEY, execution INTEGER NOT NULL, status INTEGER NOT NULL, error TEXT,
                   attempts INTEGER NOT NULL, rank INTEGER NOT NULL, slot INTEGER NOT NULL, start REAL NOT NULL,
                   duration REAL NOT NULL, exit_code INTEGER NOT NULL, signal INTEGER NOT NULL, results BLOB,
                   checksum INTEGER);
CREATE TABLE outputs(task INTEGER PRIMARY KEY, output BLOB, errors BLOB, checksum INTEGER);
CREATE TABLE attempts(id INTEGER PRIMARY KEY, task INTEGER NOT NULL, execution INTEGER NOT NULL,
                      attempt INTEGER NOT NULL, status INTEGER NOT NULL, error TEXT, rank INTEGER NOT NULL,
                      slot INTEGER NOT NULL, start REAL NOT NULL, duration REAL NOT NULL,
                      exit_code INTEGER NOT NULL, signal INTEGER NOT NULL, output BLOB, errors BLOB,
                      checksum INTEGER);
CREATE INDEX attempts_of_task ON attempts(task);
CREATE TABLE columns(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
                     checksum INTEGER);
CREATE INDEX columns_in_order ON columns(first);
CREATE TABLE reasons(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE failures(id INTEGER PRIMARY KEY, reason INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
                      count INTEGER NOT NULL, tasks BLOB NOT NULL, checksum INTEGER);
CREATE INDEX failures_in_order ON failures(first);
CREATE TABLE events(id INTEGER PRIMARY KEY, execution INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
                    checksum INTEGER);
)sql";

}  // namespace

void create_schema(SQLite::Database& database) {
  database.exec(fmt::format("PRAGMA application_id = {}", run_file_application_id));
  database.exec(fmt::format("PRAGMA user_version = {}", run_file_version));
  database.exec(tables);
}

void upgrade_schema(SQLite::Database& database) {
  if (database.execAndGet("PRAGMA user_version").getInt() >= run_file_version) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const CheckedTable& table : checked_tables())
    database.exec(fmt::format("ALTER TABLE {} ADD COLUMN checksum INTEGER", table.name));
  database.exec(fmt::format("PRAGMA user_version = {}", run_file_version));
  transaction.commit();
}

void check_schema(SQLite::Database& database, const std::filesystem::path& path) {
  const int application = database.execAndGet("PRAGMA application_id").getInt();
  if (application != run_file_application_id) {
    throw RunFileError(
        ExitStatus::usage,
        fmt::format("'{}' is an SQLite database, but not a run file of fanfold", path.string()));
  }
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version > run_file_version) {
    throw RunFileError(
        ExitStatus::usage,
        fmt::format("run file '{}' was written by a newer fanfold (schema {}; this one reads up to {})",
                    path.string(), version, run_file_version));
  }
}

}  // namespace fanfold
