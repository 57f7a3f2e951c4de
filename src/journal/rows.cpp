#include "journal/rows.hpp"

#include <optional>

#include "journal/blob.hpp"
#include "journal/column_log.hpp"
#include "journal/failure_log.hpp"
#include "journal/state_store.hpp"
#include "journal/task_log.hpp"

namespace fanfold {
namespace {

TaskRow failed_row(std::uint64_t task, const std::string& reason) {
  TaskRow row;
  row.task = TaskIndex(task);
  row.status = Status::failed;
  row.error = reason;
  return row;
}

// All sources are ascending, so one walk over the finished tasks meets each of their entries in turn.
class Rows {
 public:
  explicit Rows(const SQLite::Database& database)
      : tasks_(database, false), failures_(database), columns_(database) {}

  void read(std::uint64_t task, const std::function<void(const TaskRow&)>& row) {
    while (tasks_.current() && tasks_.current()->task.value() < task) tasks_.advance();
    while (failures_.current() && failures_.current()->tasks.end <= task) failures_.advance();
    if (tasks_.current() && tasks_.current()->task.value() == task) {
      row(*tasks_.current());
    } else if (failures_.current() && failures_.current()->tasks.begin <= task) {
      row(failed_row(task, failures_.current()->reason));
    } else {
      TaskRow computed;
      computed.task = TaskIndex(task);
      computed.values = columns_.values_of(task);
      row(computed);
    }
  }

 private:
  TaskReader tasks_;
  FailureReader failures_;
  ColumnReader columns_;
};

void read_failed_rows(const SQLite::Database& database, const std::function<void(const TaskRow&)>& row) {
  TaskReader tasks(database, true);
  FailureReader failures(database);
  const auto rows_below = [&](std::uint64_t end) {
    for (; tasks.current() && tasks.current()->task.value() < end; tasks.advance()) row(*tasks.current());
  };
  for (; failures.current(); failures.advance()) {
    const FailureReader::Failure& failure = *failures.current();
    for (std::uint64_t task = failure.tasks.begin; task < failure.tasks.end; ++task) {
      rows_below(task);
      row(failed_row(task, failure.reason));
    }
  }
  for (; tasks.current(); tasks.advance()) row(*tasks.current());
}

}  // namespace

void read_rows(const SQLite::Database& database, bool failed_only,
               const std::function<void(const TaskRow&)>& row) {
  if (failed_only) {
    read_failed_rows(database, row);
    return;
  }
  Rows rows(database);
  for (const TaskRange& range : read_finished(database).ranges()) {
    for (std::uint64_t task = range.begin; task < range.end; ++task) rows.read(task, row);
  }
}

TaskSet read_failed(const SQLite::Database& database) {
  TaskSet failed;
  for (FailureReader failures(database); failures.current(); failures.advance()) {
    failed.insert(failures.current()->tasks);
  }
  SQLite::Statement rows(database, "SELECT task FROM tasks WHERE status <> 0 ORDER BY task");
  while (rows.executeStep()) failed.insert(TaskIndex(unsigned_of(rows.getColumn(0).getInt64())));
  return failed;
}

}  // namespace fanfold
