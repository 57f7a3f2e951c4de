// Connections to SQLite.
#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <ctime>

#include "sql/connections.hpp"
#include "sql/csv_text.hpp"
#include "sql/statement.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;
// SOCI includes sqlite3.h inside this namespace.
using namespace sqlite_api;

/// Instructions of SQLite's machine between two looks at the clock: some tens of microseconds.
constexpr int instructions_between_looks = 1000;
/// How long it waits for a lock before it tries again.
constexpr long lock_wait_nanoseconds = 5'000'000;

class SqliteConnection final : public SqlConnection {
 public:
  explicit SqliteConnection(const SqlOptions& options)
      : options_(options),
        session_(soci::sqlite3, "dbname=\"" + options.location + "\""),
        backend_(*static_cast<soci::sqlite3_session_backend*>(session_.get_backend())) {
    sqlite_api::sqlite3* const database = backend_.conn_;
    sqlite3_progress_handler(database, instructions_between_looks, on_progress, this);
    sqlite3_busy_handler(database, on_busy, this);
  }

  SqlResult run(const std::string& text, const std::vector<Value>& values) override {
    if (options_.timeout) {
      deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(*options_.timeout);
    }
    try {
      BoundStatement statement(session_, text, values);
      return rows_of(statement);
    } catch (const soci::soci_error& error) {
      if (!is_late()) return failed_statement(message_of(error));
      SqlResult result;
      result.end = SqlResult::End::timed_out;
      return result;
    }
  }

  void interrupt() override { interrupted_ = true; }

 private:
  SqlResult rows_of(BoundStatement& statement) {
    auto& backend = statement.backend<soci::sqlite3_statement_backend>();
    auto* const row = backend.stmt_;
    bool has_row = statement.execute();
    SqlResult result;
    const int columns = sqlite3_column_count(row);
    if (columns == 0) {
      result.rows = statement.changed_rows();
      return result;
    }
    CsvText table(options_.max_bytes);
    for (int column = 0; column < columns; ++column) table.add(sqlite3_column_name(row, column));
    table.end_row();
    for (; has_row; has_row = backend.fetch(1) == soci::details::statement_backend::ef_success) {
      for (int column = 0; column < columns; ++column) add_cell(row, column, table);
      table.end_row();
      ++result.rows;
      if (table.is_too_long()) return too_long_result(options_);
    }
    result.table = table.take();
    return result;
  }

  static void add_cell(sqlite3_stmt* row, int column, CsvText& table) {
    switch (sqlite3_column_type(row, column)) {
      case SQLITE_NULL:
        return table.add(std::nullopt);
      case SQLITE_INTEGER:
        return table.add(fmt::format("{}", sqlite3_column_int64(row, column)));
      case SQLITE_FLOAT:
        return table.add(fmt::format("{}", sqlite3_column_double(row, column)));
      default: {
        const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
        return table.add(bytes == nullptr ? std::string_view("") : std::string_view(bytes, size));
      }
    }
  }

  std::string message_of(const soci::soci_error& error) const {
    if (interrupted_) return "interrupted";
    sqlite_api::sqlite3* const database = backend_.conn_;
    const int code = sqlite3_errcode(database);
    // SOCI puts words of its own before the message.
    return code == SQLITE_OK ? error.get_error_message() : sqlite3_errmsg(database);
  }

  bool is_late() const { return deadline_ && Clock::now() >= *deadline_; }
  bool must_end() const { return interrupted_ || is_late(); }
  static int on_progress(void* self) { return static_cast<SqliteConnection*>(self)->must_end() ? 1 : 0; }
  /// The database is locked by another writer: it is waited for as long as the task may take.
  static int on_busy(void* self, int /*times*/) {
    if (static_cast<SqliteConnection*>(self)->must_end()) return 0;
    const timespec time{0, lock_wait_nanoseconds};
    nanosleep(&time, nullptr);
    return 1;
  }

  const SqlOptions options_;
  std::optional<Clock::time_point> deadline_;
  std::atomic<bool> interrupted_ = false;
  soci::session session_;
  soci::sqlite3_session_backend& backend_;
};

}  // namespace

std::unique_ptr<SqlConnection> open_sqlite(const SqlOptions& options) {
  return std::make_unique<SqliteConnection>(options);
}

}  // namespace fanfold
