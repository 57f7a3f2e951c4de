#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/connection.hpp"
#include "journal/event_log.hpp"
#include "journal/header_store.hpp"
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
      throw read_error(path, error);
    } catch (const DecodeError& error) {
      throw read_error(path, error);
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
  impl_->reading([&] { read_rows(*impl_->database, failed_only, row); });
}

std::optional<RunFileReader::Captured> RunFileReader::captured(TaskIndex task) const {
  return impl_->reading([&] { return read_captured(*impl_->database, task); });
}

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
