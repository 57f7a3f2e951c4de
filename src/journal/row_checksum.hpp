// Checksums of the rows of a run file: what SQLite itself does not notice, a byte that has changed on the
// disk.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>
#include <vector>

namespace fanfold {

/// A table whose rows end with a column `checksum`, and the columns that it covers, in its order.
struct CheckedTable {
  std::string name;
  std::vector<std::string> columns;
};

/// All of them.
const std::vector<CheckedTable>& checked_tables();

/// Adds the SQL function row_checksum(column, …) to a connection: the CRC-32 (ISO 3309, as zlib's) of the
/// type and the bytes of each.
void add_row_checksum(SQLite::Database& database);

/// "INSERT INTO tasks(…, checksum) VALUES(?1, …, row_checksum(?1, …))", or with another verb, such as "INSERT
/// OR REPLACE". The parameters are the table's columns in their order. Precondition: it is a checked table.
std::string insert_into(const std::string& table, const std::string& verb = "INSERT");

/// The checksum of a row as an expression of SQL.
std::string checksum_of(const CheckedTable& table);

}  // namespace fanfold
