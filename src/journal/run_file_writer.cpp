#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/chrono.h>

#include <chrono>

#include "core/version.hpp"
#include "journal/blob.hpp"
#include "journal/column_log.hpp"
#include "journal/compression.hpp"
#include "journal/connection.hpp"
#include "journal/event_log.hpp"
#include "journal/failure_log.hpp"
#include "journal/header_store.hpp"
#include "journal/new_run_file.hpp"
#include "journal/row_checksum.hpp"
#include "journal/rows.hpp"
#include "journal/run_file.hpp"
#include "journal/state_store.hpp"
#include "journal/task_log.hpp"

namespace fanfold {

struct RunFileWriter::Impl {
  Impl(std::filesystem::path file, std::unique_ptr<SQLite::Database> opened)
      : path(std::move(file)),
        connection(std::move(opened)),
        database(*connection),
        header(read_header(database)),
        state(database),
        tasks(database),
        failures(database),
        columns(database),
        add_events(database, insert_into("events")),
        set_seconds(database, "UPDATE executions SET seconds = ? WHERE id = ?"),
        execution(database.execAndGet("SELECT coalesce(max(id), 0) FROM executions").getUInt()) {}

  // Runs `change` in a transaction that is durable when this returns, or leaves no trace.
  template <typename Change>
  void transact(const Change& change) {
    try {
      SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
      change();
      transaction.commit();
    } catch (const SQLite::Exception& error) {
      forget_rolled_back();
      throw_write_error(path, &database, error);
    } catch (const DecodeError&) {
      forget_rolled_back();
      throw;
    }
  }

  template <typename Read>
  auto reading(const Read& read) const {
    try {
      return read();
    } catch (const SQLite::Exception& error) {
      throw_read_error(path, error);
    } catch (const DecodeError& error) {
      throw_read_error(path, error);
    }
  }

  void forget_rolled_back() {
    failures.forget();
    try {
      state.measure();
    } catch (const SQLite::Exception&) {
      // The disk cannot be read either: the error that led here says so. A wrong estimate only delays a
      // checkpoint.
    }
  }

  void write_events(const std::vector<Event>& events) {
    const Bytes blob = pack(encode_events(events));
    add_events.tryReset();
    add_events.bind(1, execution);
    add_events.bind(2, signed_of(events.size()));
    bind_blob(add_events, 3, blob);
    add_events.exec();
  }

  void write_seconds(double seconds) {
    set_seconds.tryReset();
    set_seconds.bind(1, seconds);
    set_seconds.bind(2, execution);
    set_seconds.exec();
  }

  std::filesystem::path path;
  std::unique_ptr<SQLite::Database> connection;
  SQLite::Database& database;
  RunHeader header;
  StateWriter state;
  TaskWriter tasks;
  FailureWriter failures;
  ColumnWriter columns;
  SQLite::Statement add_events;
  SQLite::Statement set_seconds;
  std::uint32_t execution;
};

RunFileWriter::RunFileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunFileWriter::~RunFileWriter() = default;

std::unique_ptr<RunFileWriter> RunFileWriter::create(const std::filesystem::path& path,
                                                     const RunHeader& header, Sharing sharing) {
  create_run_file(path, [&header](SQLite::Database& database) { write_header(database, header); });
  return open(path, sharing);
}

std::unique_ptr<RunFileWriter> RunFileWriter::open(const std::filesystem::path& path, Sharing sharing) {
  std::unique_ptr<SQLite::Database> database = open_to_write(path, sharing);
  try {
    return std::unique_ptr<RunFileWriter>(
        new RunFileWriter(std::make_unique<Impl>(path, std::move(database))));
  } catch (const SQLite::Exception& error) {
    throw_read_error(path, error);
  } catch (const DecodeError& error) {
    throw_read_error(path, error);
  }
}

const RunHeader& RunFileWriter::header() const { return impl_->header; }

RunState RunFileWriter::load(const MergePartials& merge) {
  return impl_->reading([&] { return read_state(impl_->database, merge, impl_->header.tasks); });
}

std::uint32_t RunFileWriter::begin_execution(const std::string& host, std::int64_t pid, std::uint32_t ranks) {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  impl_->transact([&] {
    SQLite::Statement row(impl_->database,
                          "INSERT INTO executions(id, host, pid, ranks, started, fanfold_version, seconds) "
                          "VALUES(?, ?, ?, ?, ?, ?, 0.0)");
    row.bind(1, impl_->execution + 1);
    row.bind(2, host);
    row.bind(3, pid);
    row.bind(4, ranks);
    row.bind(5, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)));
    row.bind(6, version());
    row.exec();
  });
  return ++impl_->execution;
}

void RunFileWriter::commit(const JournalEntry& entry) {
  Impl& file = *impl_;
  file.transact([&file, &entry] {
    if (!entry.finished.empty() || !entry.partial.empty() || entry.failed != 0) {
      file.state.add_report(file.execution, entry);
    }
    file.tasks.add(file.execution, entry.outcomes, entry.finished);
    file.failures.add(entry.failures);
    file.columns.add(entry.columns);
    if (!entry.events.empty()) file.write_events(entry.events);
    file.write_seconds(entry.seconds);
  });
}

void RunFileWriter::checkpoint(const RunState& state) {
  impl_->transact([&] { impl_->state.write_checkpoint(state); });
}

bool RunFileWriter::wants_checkpoint() const { return impl_->state.wants_checkpoint(); }

TaskSet RunFileWriter::forget_failed(const RunState& state, const Bytes& partial) {
  Impl& file = *impl_;
  TaskSet failed = file.reading([&file] { return read_failed(file.database); });
  RunState rest = state;
  rest.finished.erase(failed);
  rest.failed = 0;
  rest.partial = partial;
  file.transact([&file, &rest] {
    file.database.exec(
        "DELETE FROM outputs WHERE task IN (SELECT task FROM tasks WHERE status <> 0);"
        "DELETE FROM tasks WHERE status <> 0; DELETE FROM failures; DELETE FROM reasons");
    file.state.write_checkpoint(rest);
  });
  file.failures.forget();
  return failed;
}

void RunFileWriter::replace_reductions(const RunHeader& header, const RunState& state) {
  impl_->transact([&] {
    write_header(impl_->database, header);
    impl_->state.write_checkpoint(state);
  });
  impl_->header = header;
}

void RunFileWriter::for_each_row(const std::function<void(const TaskRow&)>& row) const {
  impl_->reading([&] { read_each_row(impl_->database, {}, row); });
}

}  // namespace fanfold
