#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/connection.hpp"
#include "journal/event_log.hpp"
#include "journal/failure_log.hpp"
#include "journal/header_store.hpp"
#include "journal/integrity.hpp"
#include "journal/rows.hpp"
#include "journal/run_file.hpp"
#include "journal/state_store.hpp"
#include "journal/task_log.hpp"

namespace fanfold {

struct RunFileReader::Impl {
  // Each of the reader's functions sees one state of the file, however much is committed meanwhile; one that
  // a callback of another calls sees the same state.
  template <typename Read>
  auto reading(const Read& read) {
    try {
      std::optional<SQLite::Transaction> snapshot;
      if (sqlite3_get_autocommit(database->getHandle()) != 0) snapshot.emplace(*database);
      return read();
    } catch (const SQLite::Exception& error) {
      throw_read_error(path, error);
    } catch (const DecodeError& error) {
      throw_read_error(path, error);
    }
  }

  std::filesystem::path path;
  std::unique_ptr<SQLite::Database> database;
  RunHeader header;
};

RunFileReader::RunFileReader(const std::filesystem::path& path, Sharing sharing)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->database = open_to_read(path, sharing);
  impl_->header = impl_->reading([this] { return read_header(*impl_->database); });
}

RunFileReader::~RunFileReader() = default;

const RunHeader& RunFileReader::header() const { return impl_->header; }

RunState RunFileReader::load(const RunFileWriter::MergePartials& merge) const {
  return impl_->reading([&] { return read_state(*impl_->database, merge, impl_->header.tasks); });
}

void RunFileReader::for_each_row(bool failed_only, const std::function<void(const TaskRow&)>& row) const {
  RowSelection selection;
  selection.failed_only = failed_only;
  impl_->reading([&] { read_each_row(*impl_->database, selection, row); });
}

void RunFileReader::visit_rows(const RowSelection& selection, const RowVisitor& visitor) const {
  impl_->reading([&] { read_rows(*impl_->database, selection, visitor); });
}

std::optional<TaskRow> RunFileReader::row(TaskIndex task) const {
  std::optional<TaskRow> found;
  impl_->reading([&] {
    read_each_row(*impl_->database, {false, {task.value(), task.value() + 1}},
                  [&found](const TaskRow& row) { found = row; });
  });
  return found;
}

void RunFileReader::for_each_failure(
    const std::function<void(const AttemptRecord&)>& attempt,
    const std::function<void(TaskRange, const std::string& reason)>& range) const {
  impl_->reading([&] {
    for (FailedTaskReader tasks(*impl_->database); tasks.current(); tasks.advance())
      attempt(*tasks.current());
    for (FailureReader failures(*impl_->database, RowSelection().tasks); failures.current();
         failures.advance()) {
      range(failures.current()->tasks, failures.current()->reason);
    }
  });
}

std::optional<RunFileReader::Captured> RunFileReader::captured(TaskIndex task) const {
  return impl_->reading([&] { return read_captured(*impl_->database, task); });
}

std::vector<AttemptRecord> RunFileReader::attempts(TaskIndex task) const {
  return impl_->reading([&] { return read_attempts(*impl_->database, task); });
}

std::vector<ExecutionRecord> RunFileReader::executions() const {
  return impl_->reading([&] {
    SQLite::Statement rows(
        *impl_->database,
        "SELECT id, host, pid, ranks, started, fanfold_version, seconds FROM executions ORDER BY id");
    std::vector<ExecutionRecord> executions;
    while (rows.executeStep()) {
      executions.push_back({rows.getColumn(0).getUInt(), rows.getColumn(1).getString(),
                            rows.getColumn(2).getInt64(), rows.getColumn(3).getUInt(),
                            rows.getColumn(4).getString(), rows.getColumn(5).getString(),
                            rows.getColumn(6).getDouble()});
    }
    return executions;
  });
}

FileIntegrity RunFileReader::integrity() const {
  return impl_->reading([&] { return check_integrity(*impl_->database); });
}

void RunFileReader::at_one_state(const std::function<void()>& read) const { impl_->reading(read); }

void RunFileReader::for_each_event(const std::function<void(std::uint32_t, const Event&)>& event) const {
  impl_->reading([&] {
    SQLite::Statement rows(*impl_->database, "SELECT execution, data FROM events ORDER BY id");
    while (rows.executeStep()) {
      const std::uint32_t execution = rows.getColumn(0).getUInt();
      decode_events(unpack(blob_of(rows, 1)), [&](const Event& each) { event(execution, each); });
    }
  });
}

}  // namespace fanfold
