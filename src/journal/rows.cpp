#include "journal/rows.hpp"

#include <algorithm>
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
  Rows(const SQLite::Database& database, const RowSelection& selection, const RowVisitor& visitor)
      : tasks_(database, selection),
        failures_(database, selection.tasks),
        columns_(database, selection.tasks),
        visitor_(visitor) {}

  void read(TaskRange range) {
    for (std::uint64_t task = range.begin; task < range.end;) {
      while (tasks_.current() && tasks_.current()->task.value() < task) tasks_.advance();
      while (failures_.current() && failures_.current()->tasks.end <= task) failures_.advance();
      if (tasks_.current() && tasks_.current()->task.value() == task) {
        visitor_.row(*tasks_.current());
        ++task;
      } else if (failures_.current() && failures_.current()->tasks.begin <= task) {
        visitor_.row(failed_row(task, failures_.current()->reason));
        ++task;
      } else {
        task = read_block({task, end_of_block(range.end)});
      }
    }
  }

 private:
  // Where the next entry of another kind begins, or `end`.
  std::uint64_t end_of_block(std::uint64_t end) const {
    if (tasks_.current()) end = std::min(end, tasks_.current()->task.value());
    if (failures_.current()) end = std::min(end, failures_.current()->tasks.begin);
    return end;
  }

  std::uint64_t read_block(TaskRange range) {
    const ColumnReader::Values values = columns_.values_of(range);
    visitor_.block(values.tasks, values.columns);
    return values.tasks.end;
  }

  TaskReader tasks_;
  FailureReader failures_;
  ColumnReader columns_;
  const RowVisitor& visitor_;
};

void read_failed_rows(const SQLite::Database& database, const RowSelection& selection,
                      const std::function<void(const TaskRow&)>& row) {
  TaskReader tasks(database, selection);
  FailureReader failures(database, selection.tasks);
  const auto rows_below = [&](std::uint64_t end) {
    for (; tasks.current() && tasks.current()->task.value() < end; tasks.advance()) row(*tasks.current());
  };
  for (; failures.current(); failures.advance()) {
    const FailureReader::Failure& failure = *failures.current();
    const std::uint64_t end = std::min(failure.tasks.end, selection.tasks.end);
    for (std::uint64_t task = std::max(failure.tasks.begin, selection.tasks.begin); task < end; ++task) {
      rows_below(task);
      row(failed_row(task, failure.reason));
    }
  }
  for (; tasks.current(); tasks.advance()) row(*tasks.current());
}

}  // namespace

void read_rows(const SQLite::Database& database, const RowSelection& selection, const RowVisitor& visitor) {
  if (selection.failed_only) {
    read_failed_rows(database, selection, visitor.row);
    return;
  }
  Rows rows(database, selection, visitor);
  for (const TaskRange& range : read_finished(database).ranges()) {
    const TaskRange selected{std::max(range.begin, selection.tasks.begin),
                             std::min(range.end, selection.tasks.end)};
    if (!selected.empty()) rows.read(selected);
  }
}

void read_each_row(const SQLite::Database& database, const RowSelection& selection,
                   const std::function<void(const TaskRow&)>& row) {
  RowVisitor visitor;
  visitor.row = row;
  visitor.block = [&row](TaskRange tasks, std::span<const ConstColumn> values) {
    for (std::uint64_t task = tasks.begin; task < tasks.end; ++task) {
      TaskRow computed;
      computed.task = TaskIndex(task);
      for (const ConstColumn& column : values) {
        computed.values.push_back(column.value(static_cast<std::size_t>(task - tasks.begin)));
      }
      row(computed);
    }
  };
  read_rows(database, selection, visitor);
}

TaskSet read_failed(const SQLite::Database& database) {
  TaskSet failed;
  for (FailureReader failures(database, RowSelection().tasks); failures.current(); failures.advance()) {
    failed.insert(failures.current()->tasks);
  }
  SQLite::Statement rows(database, "SELECT task FROM tasks WHERE status <> 0 ORDER BY task");
  while (rows.executeStep()) failed.insert(TaskIndex(unsigned_of(rows.getColumn(0).getInt64())));
  return failed;
}

}  // namespace fanfold
