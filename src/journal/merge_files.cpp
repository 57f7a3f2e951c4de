#include "journal/merge_files.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <map>
#include <string>

#include "journal/blob.hpp"
#include "journal/column_log.hpp"
#include "journal/connection.hpp"
#include "journal/failure_log.hpp"
#include "journal/header_store.hpp"
#include "journal/row_checksum.hpp"
#include "journal/state_store.hpp"

namespace fanfold {
namespace {

/// Kept values are put into blocks of about this size; reasons are written when they have so many ranges.
constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t most_ranges = 1 << 16;

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

/// Copies the rows that the query finds, as they are.
void copy_rows(SQLite::Statement& query, SQLite::Statement& insert) {
  while (query.executeStep()) {
    insert.tryReset();
    for (int i = 0; i < query.getColumnCount(); ++i) bind_column(insert, i + 1, query.getColumn(i));
    insert.exec();
  }
}

/// The tasks of the range that are in the set.
std::vector<TaskRange> common(const TaskSet& tasks, TaskRange range) {
  if (tasks.contains(range)) return {range};
  if (!tasks.intersects(range)) return {};
  TaskSet outside(range);
  outside.erase(tasks);
  TaskSet inside(range);
  inside.erase(outside);
  return inside.ranges();
}

/// Copies from one run file into another.
class Copy {
 public:
  Copy(const SQLite::Database& from, SQLite::Database& to, std::int64_t executions_before)
      : from_(from), to_(to), offset_(executions_before) {}

  void executions_and_events() {
    all("SELECT id + ?1, host, pid, ranks, started, fanfold_version, seconds FROM executions ORDER BY id",
        "INSERT INTO executions(id, host, pid, ranks, started, fanfold_version, seconds) "
        "VALUES(?, ?, ?, ?, ?, ?, ?)");
    all("SELECT execution + ?1, count, data FROM events ORDER BY id", insert_into("events"));
  }

  void rows(const TaskSet& tasks) {
    of_tasks(tasks,
             "SELECT task, execution + ?1, status, error, attempts, rank, slot, start, duration, exit_code, "
             "signal, results FROM tasks WHERE task >= ?2 AND task < ?3 ORDER BY task",
             insert_into("tasks"));
    of_tasks(
        tasks,
        "SELECT task, output, errors FROM outputs WHERE ?1 = ?1 AND task >= ?2 AND task < ?3 ORDER BY task",
        insert_into("outputs"));
    of_tasks(tasks,
             "SELECT task, execution + ?1, attempt, status, error, rank, slot, start, duration, exit_code, "
             "signal, output, errors FROM attempts WHERE task >= ?2 AND task < ?3 ORDER BY id",
             insert_into("attempts"));
  }

  void kept_values(const TaskSet& tasks) {
    ColumnWriter writer(to_);
    std::vector<KeptColumns> pieces;
    std::size_t bytes = 0;
    const auto flush = [&] {
      writer.add(pieces);
      pieces.clear();
      bytes = 0;
    };
    for (const TaskRange& range : tasks.ranges()) {
      ColumnReader reader(from_, range);
      for (TaskRange rest = range; !rest.empty();) {
        const ColumnReader::Values values = reader.values_of(rest);
        rest.begin = values.tasks.end;
        if (values.columns.empty()) continue;  // none are kept of these
        pieces.push_back(
            {values.tasks, encode_columns(values.columns, static_cast<std::size_t>(values.tasks.size()))});
        bytes += pieces.back().data.size();
        if (bytes > block_bytes) flush();
      }
    }
    flush();
  }

  void failures(const TaskSet& tasks) {
    if (tasks.empty()) return;
    FailureWriter writer(to_);
    std::map<std::string, TaskSet> by_reason;
    std::size_t ranges = 0;
    const auto flush = [&] {
      std::vector<FailedTasks> failed;
      for (const auto& [reason, set] : by_reason) {
        ByteWriter out;
        encode(out, set);
        failed.push_back({reason, set.size(), out.take()});
      }
      writer.add(failed);
      by_reason.clear();
      ranges = 0;
    };
    const std::vector<TaskRange> wanted = tasks.ranges();
    for (FailureReader reader(from_, {wanted.front().begin, wanted.back().end}); reader.current();
         reader.advance()) {
      for (const TaskRange& range : common(tasks, reader.current()->tasks)) {
        by_reason[reader.current()->reason].insert(range);
        if (++ranges == most_ranges) flush();
      }
    }
    flush();
  }

 private:
  void all(const char* select, const std::string& insert) {
    SQLite::Statement query(from_, select);
    query.bind(1, offset_);
    SQLite::Statement row(to_, insert);
    copy_rows(query, row);
  }

  void of_tasks(const TaskSet& tasks, const char* select, const std::string& insert) {
    SQLite::Statement query(from_, select);
    SQLite::Statement row(to_, insert);
    for (const TaskRange& range : tasks.ranges()) {
      query.tryReset();
      query.bind(1, offset_);
      query.bind(2, signed_of(range.begin));
      query.bind(3, signed_of(range.end));
      copy_rows(query, row);
    }
  }

  const SQLite::Database& from_;
  SQLite::Database& to_;
  std::int64_t offset_;
};

void copy_file(const MergedFile& file, const RunHeader& header, SQLite::Database& to) {
  try {
    const std::unique_ptr<SQLite::Database> from = open_to_read(file.path, Sharing::automatic);
    SQLite::Transaction one_state(*from);
    Copy copy(*from, to, to.execAndGet("SELECT coalesce(max(id), 0) FROM executions").getInt64());
    copy.executions_and_events();
    copy.rows(file.tasks);
    if (header.keeps_values) copy.kept_values(file.tasks);
    copy.failures(file.tasks);
  } catch (const DecodeError& error) {
    throw read_error(file.path, error);
  }
}

}  // namespace

void merge_run_files(const std::filesystem::path& path, const RunHeader& header, const RunState& state,
                     const std::vector<MergedFile>& files) {
  create_run_file(path, [&](SQLite::Database& database) {
    write_header(database, header);
    for (const MergedFile& file : files) copy_file(file, header, database);
    StateWriter(database).write_checkpoint(state);
  });
}

}  // namespace fanfold
