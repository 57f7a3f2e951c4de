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

// Short pieces are gathered: a call of crc32_z costs as much as some hundred bytes.
class Checksum {
 public:
  void add_byte(unsigned char byte) {
    if (used_ == gathered_.size()) flush();
    gathered_[used_++] = byte;
  }

  // As eight bytes, little-endian, on every machine.
  void add_number(std::uint64_t bits) {
    for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<unsigned char>(bits >> shift));
  }

  void add_bytes(const void* data, std::size_t size) {
    flush();
    if (size > 0) checksum_ = crc32_z(checksum_, static_cast<const Bytef*>(data), size);
  }

  uLong finish() {
    flush();
    return checksum_;
  }

 private:
  void flush() {
    if (used_ > 0) checksum_ = crc32_z(checksum_, gathered_.data(), used_);
    used_ = 0;
  }

  std::array<unsigned char, 256> gathered_;
  std::size_t used_ = 0;
  uLong checksum_ = crc32_z(0, nullptr, 0);
};

// The type and the size first, so that no two rows give the same bytes.
void add_value(Checksum& checksum, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  checksum.add_byte(static_cast<unsigned char>(type));
  if (type == SQLITE_INTEGER)
    return checksum.add_number(static_cast<std::uint64_t>(sqlite3_value_int64(value)));
  if (type == SQLITE_FLOAT)
    return checksum.add_number(std::bit_cast<std::uint64_t>(sqlite3_value_double(value)));
  if (type == SQLITE_NULL) return;
  const void* const data = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  checksum.add_number(size);
  checksum.add_bytes(data, size);
}

void row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  Checksum checksum;
  for (int i = 0; i < count; ++i) add_value(checksum, values[i]);
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(checksum.finish()));
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
