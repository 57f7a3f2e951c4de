#include "journal/copy_tasks.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "journal/blob.hpp"
#include "journal/column_log.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

/// Pieces of kept values are collected up to this size: those that follow one another, in the order of their
/// new numbers, share a block.
constexpr std::size_t collected_bytes = 16 << 20;

/// Binds what a column holds, whatever its type.
void bind_column(SQLite::Statement& row, int index, const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER:
      return row.bind(index, column.getInt64());
    case SQLITE_FLOAT:
      return row.bind(index, column.getDouble());
    case SQLITE_TEXT:
      return row.bind(index, column.getString());
    case SQLITE_BLOB:
      // Without bytes there is no pointer, and no pointer would be NULL.
      return row.bindNoCopy(index, column.getBytes() == 0 ? "" : column.getBlob(), column.getBytes());
    default:
      return row.bind(index);
  }
}

}  // namespace

void bind_columns(SQLite::Statement& insert, const SQLite::Statement& query, int first) {
  for (int i = first; i < query.getColumnCount(); ++i) bind_column(insert, i + 1, query.getColumn(i));
}

void TaskCopy::rows(const MovedList& tasks) {
  rows_of(tasks,
          execution_ + ", status, error, attempts, rank, slot, start, duration, exit_code, signal, results",
          "tasks", "task");
  rows_of(tasks, "output, errors", "outputs", "task");
  rows_of(
      tasks,
      execution_ + ", attempt, status, error, rank, slot, start, duration, exit_code, signal, output, errors",
      "attempts", "task, id");
}

/// One pass over the table, however many ranges there are.
void TaskCopy::rows_of(const MovedList& tasks, const std::string& columns, const std::string& table,
                       const std::string& order) {
  if (tasks.empty()) return;
  SQLite::Statement query(
      from_,
      fmt::format("SELECT task, {} FROM {} WHERE task >= ? AND task < ? ORDER BY {}", columns, table, order));
  query.bind(1, signed_of(tasks.front().from.begin));
  query.bind(2, signed_of(tasks.back().from.end));
  SQLite::Statement insert(to_, insert_into(table));
  MovedCursor cursor(tasks);
  while (query.executeStep()) {
    const auto target = cursor.target_of(TaskIndex(unsigned_of(query.getColumn(0).getInt64())));
    if (!target) continue;
    insert.tryReset();
    insert.bind(1, signed_of(target->value()));
    bind_columns(insert, query, 1);
    insert.exec();
  }
}

void TaskCopy::kept_values(const MovedList& tasks) {
  if (tasks.empty()) return;
  ColumnWriter writer(to_);
  ColumnReader reader(from_, {tasks.front().from.begin, tasks.back().from.end});
  std::vector<KeptColumns> pieces;
  std::size_t bytes = 0;
  const auto flush = [&] {
    writer.add(pieces);
    pieces.clear();
    bytes = 0;
  };
  for (const MovedTasks& moved : tasks) {
    for (TaskRange rest = moved.from; !rest.empty();) {
      const ColumnReader::Values values = reader.values_of(rest);
      rest.begin = values.tasks.end;
      if (values.columns.empty()) continue;  // none are kept of these
      const std::uint64_t begin = moved.to.value() + (values.tasks.begin - moved.from.begin);
      pieces.push_back({{begin, begin + values.tasks.size()},
                        encode_columns(values.columns, static_cast<std::size_t>(values.tasks.size()))});
      bytes += pieces.back().data.size();
      if (bytes > collected_bytes) flush();
    }
  }
  flush();
}

}  // namespace fanfold
