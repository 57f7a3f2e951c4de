#include "journal/task_log.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// SQLite has no NaN: it would become NULL.
double number_of(double seconds) { return std::isnan(seconds) ? 0.0 : seconds; }

void bind_error(SQLite::Statement& statement, int index, const std::string& error) {
  if (error.empty()) {
    statement.bind(index);
  } else {
    statement.bindNoCopy(index, error);
  }
}

// NULL for no output: most tasks write nothing to standard error.
Bytes bind_output(SQLite::Statement& statement, int index, const std::string& output) {
  if (output.empty()) {
    statement.bind(index);
    return {};
  }
  Bytes packed = pack(bytes_of(output));
  bind_blob(statement, index, packed);
  return packed;  // bound without a copy: it must outlive the step
}

Bytes encode_values(const std::vector<Value>& values) {
  ByteWriter out;
  out.varint(values.size());
  for (const Value& value : values) encode(out, value);
  return out.take();
}

std::vector<Value> decode_values(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  ByteReader in(bytes);
  std::vector<Value> values(in.count());
  for (Value& value : values) value = decode_value(in);
  in.expect_end();
  return values;
}

Status status_of(int number) {
  if (number < 0 || number > static_cast<int>(last_status)) throw DecodeError("a task has an unknown status");
  return static_cast<Status>(number);
}

std::string unpack_text(const SQLite::Statement& statement, int index) {
  if (statement.isColumnNull(index)) return {};
  const Bytes bytes = unpack(blob_of(statement, index));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// The columns of an attempt, in this order: execution, task, attempt, status, error, rank, slot, start,
// duration, exit_code, signal, output (left out here), errors.
AttemptRecord attempt_of(const SQLite::Statement& rows) {
  AttemptRecord attempt;
  attempt.execution = rows.getColumn(0).getUInt();
  Outcome& outcome = attempt.outcome;
  outcome.task = TaskIndex(unsigned_of(rows.getColumn(1).getInt64()));
  outcome.attempt = Attempt(rows.getColumn(2).getUInt());
  outcome.status = status_of(rows.getColumn(3).getInt());
  outcome.error = rows.getColumn(4).getString();
  outcome.rank = Rank(rows.getColumn(5).getInt());
  outcome.slot = rows.getColumn(6).getUInt();
  outcome.start = rows.getColumn(7).getDouble();
  outcome.duration = rows.getColumn(8).getDouble();
  outcome.exit_code = rows.getColumn(9).getInt();
  outcome.signal = rows.getColumn(10).getInt();
  outcome.errors = unpack_text(rows, 12);
  return attempt;
}

// An entry may hold several attempts of one task: the highest is the last.
std::unordered_map<std::uint64_t, std::uint32_t> last_attempts(const std::vector<Outcome>& outcomes) {
  std::unordered_map<std::uint64_t, std::uint32_t> last;
  for (const Outcome& outcome : outcomes) {
    if (outcome.attempt.value() <= 1) continue;
    std::uint32_t& attempt = last[outcome.task.value()];
    attempt = std::max(attempt, outcome.attempt.value());
  }
  return last;
}

}  // namespace

TaskWriter::TaskWriter(SQLite::Database& database)
    : add_task_(database, insert_into("tasks", "INSERT OR REPLACE")),
      add_output_(database, insert_into("outputs", "INSERT OR REPLACE")),
      add_attempt_(database, insert_into("attempts")) {}

void TaskWriter::add(std::uint32_t execution, const std::vector<Outcome>& outcomes, const TaskSet& finished) {
  const std::unordered_map<std::uint64_t, std::uint32_t> last = last_attempts(outcomes);
  for (const Outcome& outcome : outcomes) {
    const auto highest = last.find(outcome.task.value());
    const bool is_last = highest == last.end() || outcome.attempt.value() == highest->second;
    if (is_last && finished.contains(outcome.task)) {
      write_task(execution, outcome);
    } else {
      write_attempt(execution, outcome);
    }
  }
}

void TaskWriter::write_task(std::uint32_t execution, const Outcome& outcome) {
  const Bytes values = outcome.values.empty() ? Bytes() : encode_values(outcome.values);
  SQLite::Statement& row = add_task_;
  row.tryReset();
  row.bind(1, signed_of(outcome.task.value()));
  row.bind(2, execution);
  row.bind(3, static_cast<int>(outcome.status));
  bind_error(row, 4, outcome.error);
  row.bind(5, outcome.attempt.value());
  row.bind(6, outcome.rank.value());
  row.bind(7, outcome.slot);
  row.bind(8, number_of(outcome.start));
  row.bind(9, number_of(outcome.duration));
  row.bind(10, outcome.exit_code);
  row.bind(11, outcome.signal);
  if (values.empty()) {
    row.bind(12);
  } else {
    bind_blob(row, 12, values);
  }
  row.exec();
  if (outcome.output.empty() && outcome.errors.empty()) return;
  add_output_.tryReset();
  add_output_.bind(1, signed_of(outcome.task.value()));
  const Bytes output = bind_output(add_output_, 2, outcome.output);
  const Bytes errors = bind_output(add_output_, 3, outcome.errors);
  add_output_.exec();
}

void TaskWriter::write_attempt(std::uint32_t execution, const Outcome& outcome) {
  SQLite::Statement& row = add_attempt_;
  row.tryReset();
  row.bind(1, signed_of(outcome.task.value()));
  row.bind(2, execution);
  row.bind(3, outcome.attempt.value());
  row.bind(4, static_cast<int>(outcome.status));
  bind_error(row, 5, outcome.error);
  row.bind(6, outcome.rank.value());
  row.bind(7, outcome.slot);
  row.bind(8, number_of(outcome.start));
  row.bind(9, number_of(outcome.duration));
  row.bind(10, outcome.exit_code);
  row.bind(11, outcome.signal);
  const Bytes output = bind_output(row, 12, outcome.output);
  const Bytes errors = bind_output(row, 13, outcome.errors);
  row.exec();
}

TaskReader::TaskReader(const SQLite::Database& database, const RowSelection& selection)
    : rows_(database,
            std::string("SELECT task, status, error, attempts, rank, start, duration, exit_code, signal, "
                        "results, execution, slot FROM tasks WHERE task >= ? AND task < ?") +
                (selection.failed_only ? " AND status <> 0 ORDER BY task" : " ORDER BY task")) {
  rows_.bind(1, signed_of(selection.tasks.begin));
  rows_.bind(2, signed_of(selection.tasks.end));
  advance();
}

void TaskReader::advance() {
  if (!rows_.executeStep()) {
    current_.reset();
    return;
  }
  TaskRow row;
  row.task = TaskIndex(unsigned_of(rows_.getColumn(0).getInt64()));
  row.status = status_of(rows_.getColumn(1).getInt());
  row.error = rows_.getColumn(2).getString();
  row.attempts = rows_.getColumn(3).getUInt();
  row.rank = rows_.getColumn(4).getInt();
  row.start = rows_.getColumn(5).getDouble();
  row.duration = rows_.getColumn(6).getDouble();
  row.exit_code = rows_.getColumn(7).getInt();
  row.signal = rows_.getColumn(8).getInt();
  row.values = decode_values(blob_of(rows_, 9));
  row.execution = rows_.getColumn(10).getUInt();
  row.slot = rows_.getColumn(11).getUInt();
  current_ = std::move(row);
}

std::vector<AttemptRecord> read_attempts(const SQLite::Database& database, TaskIndex task) {
  SQLite::Statement rows(
      database,
      "SELECT execution, task, attempt, status, error, rank, slot, start, duration, exit_code, signal, "
      "output, "
      "errors, NULL, 0 AS part, id AS place FROM attempts WHERE task = ?1 UNION ALL "
      "SELECT execution, tasks.task, attempts, status, error, rank, slot, start, duration, exit_code, "
      "signal, "
      "output, errors, results, 1, 0 FROM tasks LEFT JOIN outputs ON outputs.task = tasks.task "
      "WHERE tasks.task = ?1 ORDER BY part, place");
  rows.bind(1, signed_of(task.value()));
  std::vector<AttemptRecord> attempts;
  while (rows.executeStep()) {
    attempts.push_back(attempt_of(rows));
    attempts.back().outcome.output = unpack_text(rows, 11);
    attempts.back().outcome.values = decode_values(blob_of(rows, 13));
  }
  return attempts;
}

std::optional<RunFileReader::Captured> read_captured(const SQLite::Database& database, TaskIndex task) {
  SQLite::Statement row(
      database,
      "SELECT outputs.output, outputs.errors FROM tasks LEFT JOIN outputs ON outputs.task = "
      "tasks.task WHERE tasks.task = ?");
  row.bind(1, signed_of(task.value()));
  if (!row.executeStep()) return std::nullopt;
  return RunFileReader::Captured{unpack_text(row, 0), unpack_text(row, 1)};
}

FailedTaskReader::FailedTaskReader(const SQLite::Database& database)
    : rows_(
          database,
          "SELECT execution, tasks.task, attempts, status, error, rank, slot, start, duration, exit_code, "
          "signal, "
          "NULL, errors FROM tasks LEFT JOIN outputs ON outputs.task = tasks.task WHERE status <> 0 ORDER BY "
          "tasks.task") {
  advance();
}

void FailedTaskReader::advance() {
  if (rows_.executeStep()) {
    current_ = attempt_of(rows_);
  } else {
    current_.reset();
  }
}

}  // namespace fanfold
