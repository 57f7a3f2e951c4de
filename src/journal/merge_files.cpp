#include "journal/merge_files.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <map>
#include <string>

#include "journal/blob.hpp"
#include "journal/connection.hpp"
#include "journal/copy_tasks.hpp"
#include "journal/failure_log.hpp"
#include "journal/header_store.hpp"
#include "journal/new_run_file.hpp"
#include "journal/row_checksum.hpp"
#include "journal/state_store.hpp"

namespace fanfold {
namespace {

/// Reasons are written when they have so many ranges.
constexpr std::size_t most_ranges_at_once = 1 << 16;

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

/// Copies from one run file into another what is not recorded task by task.
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
        if (++ranges == most_ranges_at_once) flush();
      }
    }
    flush();
  }

 private:
  void all(const char* select, const std::string& insert) {
    SQLite::Statement query(from_, select);
    query.bind(1, offset_);
    SQLite::Statement row(to_, insert);
    while (query.executeStep()) {
      row.tryReset();
      bind_columns(row, query, 0);
      row.exec();
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
    const std::int64_t before = to.execAndGet("SELECT coalesce(max(id), 0) FROM executions").getInt64();
    Copy copy(*from, to, before);
    copy.executions_and_events();
    // Rows that were adopted are of no execution of their run, and stay so.
    TaskCopy tasks(*from, to, fmt::format("iif(execution = 0, 0, execution + {})", before));
    tasks.rows(unmoved(file.tasks));
    if (header.keeps_values) tasks.kept_values(unmoved(file.tasks));
    copy.failures(file.tasks);
  } catch (const DecodeError& error) {
    throw_read_error(file.path, error);
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
