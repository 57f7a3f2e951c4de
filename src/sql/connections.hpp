// The connections that the module opens: one file for each database.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "exec/sql_connection.hpp"

namespace fanfold {

/// Throw soci::soci_error if it cannot be opened.
std::unique_ptr<SqlConnection> open_sqlite(const SqlOptions& options);
std::unique_ptr<SqlConnection> open_postgresql(const SqlOptions& options);

SqlResult failed_statement(std::string_view message);
SqlResult too_long_result(const SqlOptions& options);

/// Lines joined by "; ", without the spaces around them and the marks under a place in a statement.
std::string in_one_line(std::string_view message);

}  // namespace fanfold
