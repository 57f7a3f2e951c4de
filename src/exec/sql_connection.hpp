// What the SQL module does for the source `sql`: connections to databases, through SOCI. The program loads
// the module when a job needs it, so that no other command pays for the libraries of databases.
#pragma once

#include <fanfold/column.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

struct SqlOptions {
  enum class Backend { sqlite, postgresql };
  Backend backend = Backend::sqlite;
  std::string location;  ///< of SQLite the path of the file; else what libpq takes: "postgresql://…"
  std::optional<std::chrono::duration<double>> timeout;  ///< of each statement
  std::uint64_t max_bytes = 0;                           ///< of the rows of a statement, as text
};

/// What came of a statement.
struct SqlResult {
  enum class End { answered, failed, timed_out };
  End end = End::answered;
  std::string error;  ///< what the database says, in one line
  /// A table as CSV: a line of names, then the rows; empty if the statement has no columns. NULL is an empty
  /// cell, the empty text is "".
  std::string table;
  std::uint64_t rows = 0;  ///< of the table; without columns, those that the statement changed
  bool connection_lost = false;
};

/// For one thread at a time, but for `interrupt`.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  /// Runs one statement, in which :p0, :p1 … stand for the values.
  virtual SqlResult run(const std::string& statement, const std::vector<Value>& values) = 0;
  /// Ends a statement that runs soon, from any thread; the connection is of no use afterwards.
  virtual void interrupt() = 0;
};

}  // namespace fanfold

extern "C" {
/// What the module exports: a new connection, which the caller owns; or null, and why in `error`.
fanfold::SqlConnection* fanfold_open_database(const fanfold::SqlOptions& options, std::string& error);
/// "4.0.3, SQLite 3.40.1, libpq 15.14"
const char* fanfold_sql_library_version();
}
