// Values of ours in statements of SQLite.
#pragma once

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "core/bytes.hpp"

namespace fanfold {

/// SQLite's integers are signed; task indices and counts stay below 2^63.
inline std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// Binds bytes, which must live until the statement has run or is bound anew. Empty: an empty blob, not NULL.
inline void bind_blob(SQLite::Statement& statement, int index, std::span<const std::byte> bytes) {
  if (bytes.size() > std::numeric_limits<int>::max())
    throw SQLite::Exception("string or blob too big", SQLITE_TOOBIG);
  statement.bindNoCopy(index, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                       static_cast<int>(bytes.size()));
}

/// The bytes of a column: valid until the statement's next step.
inline std::span<const std::byte> blob_of(const SQLite::Statement& statement, int index) {
  const SQLite::Column column = statement.getColumn(index);
  const auto* const data = static_cast<const std::byte*>(column.getBlob());
  return {data, static_cast<std::size_t>(data == nullptr ? 0 : column.getBytes())};
}

}  // namespace fanfold
