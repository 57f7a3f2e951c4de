// Connections to PostgreSQL.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "sql/answer_watch.hpp"
#include "sql/connections.hpp"
#include "sql/csv_text.hpp"
#include "sql/statement.hpp"

namespace fanfold {
namespace {

/// SQLSTATE of a statement that statement_timeout ended.
constexpr const char* query_canceled = "57014";

/// How much later than its limit the server may say that a statement was ended for it.
constexpr std::chrono::seconds answer_grace{2};

struct Default {
  std::string_view name;
  std::string_view value;
  const char* variable;  ///< of libpq, which says it too; or null
};
/// A server or a network that is gone without a word is noticed. Seconds, and milliseconds.
constexpr Default defaults[] = {{"connect_timeout", "10", "PGCONNECT_TIMEOUT"},
                                {"keepalives_idle", "30", nullptr},
                                {"keepalives_interval", "10", nullptr},
                                {"tcp_user_timeout", "60000", nullptr}};

/// The URL, with what neither it nor the environment says.
std::string with_defaults(std::string location) {
  for (const Default& each : defaults) {
    if (location.find(each.name) != std::string::npos) continue;
    if (each.variable != nullptr && std::getenv(each.variable) != nullptr) continue;
    location += location.find('?') == std::string::npos ? '?' : '&';
    location += fmt::format("{}={}", each.name, each.value);
  }
  return location;
}

class PostgresqlConnection final : public SqlConnection {
 public:
  explicit PostgresqlConnection(const SqlOptions& options)
      : options_(options),
        session_(soci::postgresql, with_defaults(options.location)),
        connection_(static_cast<soci::postgresql_session_backend*>(session_.get_backend())->conn_),
        socket_(PQsocket(connection_)),
        cancel_(PQgetCancel(connection_)) {
    if (!options_.timeout) return;
    const double milliseconds = std::max(1.0, std::ceil(options_.timeout->count() * 1000));
    session_ << fmt::format("set statement_timeout = {:.0f}", std::min(milliseconds, 2e9));
    watch_.emplace(socket_);
  }

  SqlResult run(const std::string& text, const std::vector<Value>& values) override {
    if (watch_) {
      const auto limit = std::min<std::chrono::duration<double>>(*options_.timeout, longest_limit);
      watch_->begin(Clock::now() + std::chrono::duration_cast<Clock::duration>(limit) + answer_grace);
    }
    SqlResult result = answer_to(text, values);
    if (watch_ && !watch_->end()) {
      result.end = SqlResult::End::timed_out;
      result.connection_lost = true;
    }
    if (interrupted_ && result.end == SqlResult::End::failed) end_at_server();
    return result;
  }

  void interrupt() override {
    interrupted_ = true;
    shutdown(socket_, SHUT_RDWR);  // whoever waits for an answer is let go
  }

 private:
  using Clock = std::chrono::steady_clock;
  /// Longer ones would overflow the clock.
  static constexpr std::chrono::hours longest_limit{24 * 365};

  SqlResult answer_to(const std::string& text, const std::vector<Value>& values) {
    try {
      BoundStatement statement(session_, text, values);
      statement.execute();
      return rows_of(statement);
    } catch (const soci::postgresql_soci_error& error) {
      SqlResult result = failed_statement(message_of(error.get_error_message()));
      if (error.sqlstate() == query_canceled && options_.timeout) result.end = SqlResult::End::timed_out;
      result.connection_lost = PQstatus(connection_) != CONNECTION_OK;
      return result;
    } catch (const soci::soci_error& error) {
      SqlResult result = failed_statement(message_of(error.get_error_message()));
      result.connection_lost = PQstatus(connection_) != CONNECTION_OK;
      return result;
    }
  }

  /// A server that computes does not look whether anybody waits for the answer. By the thread of the
  /// connection: the server may take its time.
  void end_at_server() {
    char error[256];
    if (cancel_) PQcancel(cancel_.get(), error, sizeof error);
  }

  SqlResult rows_of(BoundStatement& statement) {
    const PGresult* const rows = statement.backend<soci::postgresql_statement_backend>().result_.get_result();
    SqlResult result;
    const int columns = PQnfields(rows);
    if (columns == 0) {
      result.rows = statement.changed_rows();
      return result;
    }
    CsvText table(options_.max_bytes);
    for (int column = 0; column < columns; ++column) table.add(PQfname(rows, column));
    table.end_row();
    const int row_count = PQntuples(rows);
    for (int row = 0; row < row_count; ++row) {
      for (int column = 0; column < columns; ++column) {
        const auto size = static_cast<std::size_t>(PQgetlength(rows, row, column));
        const bool is_null = PQgetisnull(rows, row, column) != 0;
        table.add(is_null ? std::nullopt
                          : std::optional(std::string_view(PQgetvalue(rows, row, column), size)));
      }
      table.end_row();
      if (table.is_too_long()) return too_long_result(options_);
    }
    result.rows = static_cast<std::uint64_t>(row_count);
    result.table = table.take();
    return result;
  }

  /// The server's own words: SOCI says before them what it was doing.
  static std::string message_of(const std::string& message) {
    for (const char* const mark : {"ERROR:", "FATAL:"}) {
      const std::size_t at = message.find(mark);
      if (at == std::string::npos) continue;
      const std::size_t text = message.find_first_not_of(' ', at + std::strlen(mark));
      if (text != std::string::npos) return message.substr(text);
    }
    return message;
  }

  const SqlOptions options_;
  soci::session session_;
  PGconn* const connection_;
  const int socket_;
  struct CancelDeleter {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
  };
  const std::unique_ptr<PGcancel, CancelDeleter> cancel_;
  std::atomic<bool> interrupted_ = false;
  std::optional<AnswerWatch> watch_;
};

}  // namespace

std::unique_ptr<SqlConnection> open_postgresql(const SqlOptions& options) {
  return std::make_unique<PostgresqlConnection>(options);
}

}  // namespace fanfold
