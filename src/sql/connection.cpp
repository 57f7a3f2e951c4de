// What the SQL module exports.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <soci/soci.h>
#include <soci/version.h>
#include <sqlite3.h>

#include "sql/connections.hpp"

namespace fanfold {

SqlResult failed_statement(std::string_view message) {
  SqlResult result;
  result.end = SqlResult::End::failed;
  result.error = in_one_line(message);
  return result;
}

SqlResult too_long_result(const SqlOptions& options) {
  return failed_statement(fmt::format("its rows are longer than {} bytes, see max_bytes", options.max_bytes));
}

std::string in_one_line(std::string_view message) {
  std::string line;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    std::string_view part = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    const std::size_t first = part.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || part.substr(first) == "^") continue;
    part = part.substr(first, part.find_last_not_of(" \t\r") - first + 1);
    if (!line.empty()) line += "; ";
    line += part;
  }
  return line;
}

}  // namespace fanfold

__attribute__((visibility("default"))) fanfold::SqlConnection* fanfold_open_database(
    const fanfold::SqlOptions& options, std::string& error) {
  try {
    if (options.backend == fanfold::SqlOptions::Backend::sqlite) {
      return fanfold::open_sqlite(options).release();
    }
    return fanfold::open_postgresql(options).release();
  } catch (const soci::soci_error& failure) {
    error = fanfold::in_one_line(failure.get_error_message());
  } catch (const std::exception& failure) {
    error = failure.what();
  }
  return nullptr;
}

__attribute__((visibility("default"))) const char* fanfold_sql_library_version() {
  static const std::string version =
      fmt::format("{}.{}.{}, SQLite {}, libpq {}.{}", SOCI_VERSION / 100000, SOCI_VERSION / 100 % 1000,
                  SOCI_VERSION % 100, sqlite3_libversion(), PQlibVersion() / 10000, PQlibVersion() % 10000);
  return version.c_str();
}
