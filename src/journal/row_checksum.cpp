#include "journal/row_checksum.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

namespace fanfold {
namespace {

uLong add(uLong checksum, const void* data, std::size_t size) {
  return crc32_z(checksum, static_cast<const Bytef*>(data), size);
}

// As eight bytes, little-endian, on every machine.
uLong add_number(uLong checksum, std::uint64_t bits) {
  std::array<unsigned char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(bits >> (8 * i));
  return add(checksum, bytes.data(), bytes.size());
}

// The type and the size first, so that no two rows give the same bytes.
uLong add_value(uLong checksum, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  const auto tag = static_cast<unsigned char>(type);
  checksum = add(checksum, &tag, 1);
  if (type == SQLITE_INTEGER)
    return add_number(checksum, static_cast<std::uint64_t>(sqlite3_value_int64(value)));
  if (type == SQLITE_FLOAT)
    return add_number(checksum, std::bit_cast<std::uint64_t>(sqlite3_value_double(value)));
  if (type == SQLITE_NULL) return checksum;
  const void* const data = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  checksum = add_number(checksum, size);
  return size == 0 ? checksum : add(checksum, data, size);
}

void row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  uLong checksum = crc32_z(0, nullptr, 0);
  for (int i = 0; i < count; ++i) checksum = add_value(checksum, values[i]);
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(checksum));
}

}  // namespace

const std::vector<CheckedTable>& checked_tables() {
  static const std::vector<CheckedTable> tables = {
      {"input_pieces", {"input", "piece", "data"}},
      {"checkpoint", {"finished", "failed", "left_out", "partial"}},
      {"reports", {"execution", "finished", "failed", "left_out", "partial"}},
      {"tasks",
       {"task", "execution", "status", "error", "attempts", "rank", "slot", "start", "duration", "exit_code",
        "signal", "results"}},
      {"outputs", {"task", "output", "errors"}},
      {"attempts",
       {"task", "execution", "attempt", "status", "error", "rank", "slot", "start", "duration", "exit_code",
        "signal", "output", "errors"}},
      {"columns", {"first", "count", "data"}},
      {"failures", {"reason", "first", "last", "count", "tasks"}},
      {"events", {"execution", "count", "data"}},
  };
  return tables;
}

void add_row_checksum(SQLite::Database& database) {
  database.createFunction("row_checksum", -1, true, nullptr, row_checksum);
}

std::string insert_into(const std::string& table, const std::string& verb) {
  const auto found = std::find_if(checked_tables().begin(), checked_tables().end(),
                                  [&table](const CheckedTable& each) { return each.name == table; });
  assert(found != checked_tables().end());
  std::vector<std::string> parameters;
  for (std::size_t i = 1; i <= found->columns.size(); ++i) parameters.push_back(fmt::format("?{}", i));
  return fmt::format("{0} INTO {1}({2}, checksum) VALUES({3}, row_checksum({3}))", verb, table,
                     fmt::join(found->columns, ", "), fmt::join(parameters, ", "));
}

std::string checksum_of(const CheckedTable& table) {
  return fmt::format("row_checksum({})", fmt::join(table.columns, ", "));
}

}  // namespace fanfold
