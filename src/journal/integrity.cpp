#include "journal/integrity.hpp"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include "journal/blob.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

/// Who has a hundred needs no more.
constexpr std::size_t most_damage = 100;

void add_damage(FileIntegrity& integrity, std::string line) {
  if (integrity.damage.size() < most_damage) integrity.damage.push_back(std::move(line));
}

void check_structure(SQLite::Database& database, FileIntegrity& integrity) {
  SQLite::Statement lines(database, fmt::format("PRAGMA integrity_check({})", most_damage));
  while (lines.executeStep()) {
    const std::string line = lines.getColumn(0).getString();
    if (line != "ok") add_damage(integrity, "the database: " + line);
  }
}

bool has_checksums(SQLite::Database& database, const std::string& table) {
  return database
             .execAndGet(
                 fmt::format("SELECT count(*) FROM pragma_table_info('{}') WHERE name = 'checksum'", table))
             .getInt() != 0;
}

std::uint64_t count_rows(SQLite::Database& database, const std::string& table) {
  return unsigned_of(database.execAndGet("SELECT count(*) FROM " + table).getInt64());
}

void check_rows(SQLite::Database& database, const CheckedTable& table, FileIntegrity& integrity) {
  if (!has_checksums(database, table.name)) {
    integrity.unchecked_rows += count_rows(database, table.name);
    return;
  }
  SQLite::Statement rows(database, fmt::format("SELECT rowid, checksum IS NULL, checksum IS {} FROM {}",
                                               checksum_of(table), table.name));
  while (rows.executeStep()) {
    if (rows.getColumn(1).getInt() != 0) {
      ++integrity.unchecked_rows;
      continue;
    }
    if (rows.getColumn(2).getInt() != 0) {
      ++integrity.checked_rows;
    } else {
      add_damage(integrity, fmt::format("table {}, row {}: it is not what was written", table.name,
                                        rows.getColumn(0).getInt64()));
    }
  }
}

}  // namespace

FileIntegrity check_integrity(SQLite::Database& database) {
  FileIntegrity integrity;
  check_structure(database, integrity);
  for (const CheckedTable& table : checked_tables()) check_rows(database, table, integrity);
  integrity.task_rows = count_rows(database, "tasks");
  return integrity;
}

}  // namespace fanfold
