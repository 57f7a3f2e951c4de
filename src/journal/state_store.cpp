#include "journal/state_store.hpp"

#include <functional>
#include <string>

#include "journal/blob.hpp"
#include "journal/compression.hpp"
#include "journal/row_checksum.hpp"

namespace fanfold {
namespace {

// Reports that weigh less than both are left alone: reading them takes a few milliseconds.
constexpr std::uint64_t few_rows = 1'000;
constexpr std::uint64_t few_bytes = 1 << 20;
// SQLite's own bytes for a row, about: cell pointer, length, row id, header.
constexpr std::uint64_t row_bytes = 16;
// Partials that are merged in one go.
constexpr std::size_t merge_bytes = 16 << 20;

Bytes packed_set(const TaskSet& tasks) {
  ByteWriter out;
  encode(out, tasks);
  return pack(out.bytes());
}

struct StateRow {
  TaskSet finished;
  std::uint64_t failed = 0;
  std::uint64_t left_out = 0;
  Bytes partial;
};

// The checkpoint, if there is one, then the reports.
void for_each_state_row(const SQLite::Database& database, bool with_partials,
                        const std::function<void(StateRow)>& use) {
  for (const char* table : {"checkpoint", "reports"}) {
    SQLite::Statement rows(
        database, std::string("SELECT finished, failed, left_out, partial FROM ") + table + " ORDER BY id");
    while (rows.executeStep()) {
      const Bytes finished = unpack(blob_of(rows, 0));
      ByteReader in(finished);
      StateRow row;
      row.finished = decode_task_set(in);
      row.failed = unsigned_of(rows.getColumn(1).getInt64());
      row.left_out = unsigned_of(rows.getColumn(2).getInt64());
      if (with_partials) row.partial = unpack(blob_of(rows, 3));
      use(std::move(row));
    }
  }
}

}  // namespace

StateWriter::StateWriter(SQLite::Database& database)
    : database_(database),
      add_report_(database, insert_into("reports")),
      add_checkpoint_(database, insert_into("checkpoint")) {
  measure();
}

void StateWriter::measure() {
  const auto number = [this](const char* query) {
    return unsigned_of(database_.execAndGet(query).getInt64());
  };
  report_rows_ = number("SELECT count(*) FROM reports");
  report_bytes_ = number("SELECT coalesce(sum(length(finished) + length(partial)), 0) FROM reports") +
                  row_bytes * report_rows_;
  checkpoint_bytes_ = number("SELECT coalesce(sum(length(finished) + length(partial)), 0) FROM checkpoint");
}

void StateWriter::add_report(std::uint32_t execution, const JournalEntry& entry) {
  const Bytes finished = packed_set(entry.finished);
  const Bytes partial = pack(entry.partial);
  add_report_.tryReset();
  add_report_.bind(1, execution);
  bind_blob(add_report_, 2, finished);
  add_report_.bind(3, signed_of(entry.failed));
  add_report_.bind(4, signed_of(entry.left_out));
  bind_blob(add_report_, 5, partial);
  add_report_.exec();
  ++report_rows_;
  report_bytes_ += finished.size() + partial.size() + row_bytes;
}

void StateWriter::write_checkpoint(const RunState& state) {
  database_.exec("DELETE FROM reports; DELETE FROM checkpoint");
  const Bytes finished = packed_set(state.finished);
  const Bytes partial = pack(state.partial);
  add_checkpoint_.tryReset();
  bind_blob(add_checkpoint_, 1, finished);
  add_checkpoint_.bind(2, signed_of(state.failed));
  add_checkpoint_.bind(3, signed_of(state.left_out));
  bind_blob(add_checkpoint_, 4, partial);
  add_checkpoint_.exec();
  report_rows_ = 0;
  report_bytes_ = 0;
  checkpoint_bytes_ = finished.size() + partial.size();
}

bool StateWriter::wants_checkpoint() const {
  return report_bytes_ > checkpoint_bytes_ && (report_bytes_ > few_bytes || report_rows_ > few_rows);
}

RunState read_state(const SQLite::Database& database, const RunFileWriter::MergePartials& merge,
                    std::uint64_t tasks) {
  RunState state;
  std::vector<Bytes> partials;
  std::size_t bytes = 0;
  const auto merge_all = [&] {
    if (partials.size() > 1) partials = {merge(partials)};
    bytes = partials.empty() ? 0 : partials.front().size();
  };
  for_each_state_row(database, true, [&](StateRow row) {
    state.finished.insert(row.finished);
    state.failed += row.failed;
    state.left_out += row.left_out;
    if (row.partial.empty()) return;
    bytes += row.partial.size();
    partials.push_back(std::move(row.partial));
    if (bytes > merge_bytes && partials.size() > 16) merge_all();
  });
  merge_all();
  if (!partials.empty()) state.partial = std::move(partials.front());
  SQLite::Statement executions(database, "SELECT count(*), coalesce(sum(seconds), 0.0) FROM executions");
  if (executions.executeStep()) {
    state.executions = executions.getColumn(0).getUInt();
    state.seconds = executions.getColumn(1).getDouble();
  }
  state.ended = state.finished.size() == tasks;
  return state;
}

TaskSet read_finished(const SQLite::Database& database) {
  TaskSet finished;
  for_each_state_row(database, false, [&finished](StateRow row) { finished.insert(row.finished); });
  return finished;
}

}  // namespace fanfold
