// The binary form of outcomes and reports. All integers go through ByteWriter's varints; a decoder checks
// everything that it was sent, for the bytes may come from a peer of another build or from a damaged file.
#include "job/outcome.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "job/job.hpp"

namespace fanfold {
namespace {

/// Reads a varint that fits a narrower unsigned type.
std::uint32_t small_varint(ByteReader& in) {
  const std::uint64_t value = in.varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) throw DecodeError("a number exceeds 32 bits");
  return static_cast<std::uint32_t>(value);
}

std::int32_t small_zigzag(ByteReader& in) {
  const std::int64_t value = in.zigzag();
  if (value != static_cast<std::int32_t>(value)) throw DecodeError("a number exceeds 32 bits");
  return static_cast<std::int32_t>(value);
}

Bytes owned(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

Type decode_type(ByteReader& in) {
  const std::uint8_t type = in.u8();
  if (type > static_cast<std::uint8_t>(Type::text)) throw DecodeError("a value has an unknown type");
  return static_cast<Type>(type);
}

Value decode_value_of(Type type, ByteReader& in) {
  switch (type) {
    case Type::integer:
      return static_cast<std::int64_t>(in.u64());
    case Type::real:
      return in.f64();
    case Type::text:
      return std::string(in.text());
  }
  return {};
}

void encode_column(ByteWriter& out, const ConstColumn& column) {
  out.u8(static_cast<std::uint8_t>(column.type()));
  switch (column.type()) {
    case Type::integer:
      out.raw(std::as_bytes(column.integers()));
      break;
    case Type::real:
      out.raw(std::as_bytes(column.reals()));
      break;
    case Type::text:
      for (const std::string_view text : column.texts()) out.text(text);
      break;
  }
}

void decode_column(ByteReader& in, ColumnBuffer& column) {
  static_assert(std::endian::native == std::endian::little);
  switch (column.type()) {
    case Type::integer:
      std::memcpy(column.integers().data(), in.raw(8 * column.size()).data(), 8 * column.size());
      break;
    case Type::real:
      std::memcpy(column.reals().data(), in.raw(8 * column.size()).data(), 8 * column.size());
      break;
    case Type::text:
      for (std::string_view& text : column.texts()) text = in.text();
      break;
  }
}

/// The fewest bytes that an encoded outcome, failure or kept column takes: bounds what a damaged count can
/// reserve.
constexpr std::size_t least_outcome_bytes = 34;
constexpr std::size_t least_failure_bytes = 3;
constexpr std::size_t least_column_bytes = 3;

}  // namespace

std::uint64_t Report::failed_count() const {
  std::uint64_t failed = 0;
  for (const FailedTasks& group : failures) failed += group.count;
  for (const Outcome& outcome : outcomes) {
    if (outcome.status != Status::succeeded && finished.contains(outcome.task)) ++failed;
  }
  return failed;
}

bool was_skipped(const Job& job, const Outcome& outcome) {
  if (!job.source || outcome.status != Status::succeeded || outcome.exit_code != -1) return false;
  const std::vector<SourceKey>& keys = job.source->info->keys;
  return std::any_of(keys.begin(), keys.end(), [&](const SourceKey& key) {
    return key.effect == KeyEffect::skips && job.source->find(key.name) != nullptr;
  });
}

void encode(ByteWriter& out, const Value& value) {
  out.u8(static_cast<std::uint8_t>(type_of(value)));
  switch (type_of(value)) {
    case Type::integer:
      out.u64(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
      break;
    case Type::real:
      out.f64(std::get<double>(value));
      break;
    case Type::text:
      out.text(std::get<std::string>(value));
      break;
  }
}

Value decode_value(ByteReader& in) {
  const Type type = decode_type(in);
  return decode_value_of(type, in);
}

void encode(ByteWriter& out, const Outcome& outcome) {
  out.varint(outcome.task.value());
  out.varint(outcome.attempt.value());
  out.u8(static_cast<std::uint8_t>(outcome.status));
  out.zigzag(outcome.rank.value());
  out.varint(outcome.slot);
  out.f64(outcome.start);
  out.f64(outcome.duration);
  out.zigzag(outcome.exit_code);
  out.zigzag(outcome.signal);
  out.text(outcome.error);
  out.varint(outcome.values.size());
  for (const Value& value : outcome.values) encode(out, value);
  out.text(outcome.output);
  out.text(outcome.errors);
  out.f64(outcome.retry_after);
}

Outcome decode_outcome(ByteReader& in) {
  Outcome outcome;
  outcome.task = TaskIndex(in.varint());
  outcome.attempt = Attempt(small_varint(in));
  const std::uint8_t status = in.u8();
  if (status > static_cast<std::uint8_t>(last_status)) throw DecodeError("an outcome has an unknown status");
  outcome.status = static_cast<Status>(status);
  outcome.rank = Rank(small_zigzag(in));
  outcome.slot = small_varint(in);
  outcome.start = in.f64();
  outcome.duration = in.f64();
  outcome.exit_code = small_zigzag(in);
  outcome.signal = small_zigzag(in);
  outcome.error = in.text();
  const std::size_t values = in.count(2);
  outcome.values.reserve(values);
  for (std::size_t i = 0; i < values; ++i) outcome.values.push_back(decode_value(in));
  outcome.output = in.text();
  outcome.errors = in.text();
  outcome.retry_after = in.f64();
  return outcome;
}

void encode(ByteWriter& out, const Report& report) {
  out.varint(report.chunk.value());
  encode(out, report.finished);
  out.varint(report.left_out);
  out.varint(report.failures.size());
  for (const FailedTasks& group : report.failures) {
    out.text(group.reason);
    out.varint(group.count);
    out.blob(group.tasks);
  }
  out.varint(report.outcomes.size());
  for (const Outcome& outcome : report.outcomes) encode(out, outcome);
  encode(out, report.to_retry);
  encode(out, report.not_run);
  out.varint(report.columns.size());
  for (const KeptColumns& columns : report.columns) {
    out.varint(columns.tasks.begin);
    out.varint(columns.tasks.size());
    out.blob(columns.data);
  }
  out.blob(report.partial);
  out.f64(report.busy);
}

Report decode_report(ByteReader& in) {
  Report report;
  report.chunk = ChunkId(in.varint());
  report.finished = decode_task_set(in);
  report.left_out = in.varint();
  report.failures.resize(in.count(least_failure_bytes));
  for (FailedTasks& group : report.failures) {
    group.reason = in.text();
    group.count = in.varint();
    group.tasks = owned(in.blob());
  }
  const std::size_t outcomes = in.count(least_outcome_bytes);
  report.outcomes.reserve(outcomes);
  for (std::size_t i = 0; i < outcomes; ++i) report.outcomes.push_back(decode_outcome(in));
  report.to_retry = decode_task_list(in);
  report.not_run = decode_task_list(in);
  report.columns.resize(in.count(least_column_bytes));
  for (KeptColumns& columns : report.columns) {
    columns.tasks.begin = in.varint();
    columns.tasks.end = columns.tasks.begin + in.varint();
    if (columns.tasks.empty()) throw DecodeError("a range of tasks is empty or overflows");
    columns.data = owned(in.blob());
  }
  report.partial = owned(in.blob());
  report.busy = in.f64();
  return report;
}

Bytes encode_columns(std::span<const ConstColumn> columns, std::size_t rows) {
  ByteWriter out;
  out.varint(columns.size());
  for (const ConstColumn& column : columns) encode_column(out, column.rows(0, rows));
  return out.take();
}

std::vector<ColumnBuffer> decode_columns(std::span<const std::byte> data, std::size_t rows) {
  ByteReader in(data);
  std::vector<ColumnBuffer> columns(in.count());
  for (ColumnBuffer& column : columns) {
    const Type type = decode_type(in);
    const std::size_t least_bytes = type == Type::text ? 1 : 8;
    if (rows > in.left() / least_bytes) throw DecodeError("a column has fewer values than it should have");
    column.reset(type, rows);
    decode_column(in, column);
  }
  in.expect_end();
  return columns;
}

}  // namespace fanfold
