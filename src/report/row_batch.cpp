#include "report/row_batch.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace fanfold {
namespace {

using Kind = RowColumn::Kind;

void set_text(ColumnBuffer& buffer, std::size_t row, std::string_view text) {
  buffer.texts()[row] = text.empty() ? std::string_view() : buffer.own(text);
}

/// Copies `count` values from row `from` of a column to row `to` of a buffer of the same type.
void copy_values(const ConstColumn& column, std::size_t from, std::size_t count, ColumnBuffer& buffer,
                 std::size_t to) {
  switch (buffer.type()) {
    case Type::integer:
      std::copy_n(column.integers().begin() + static_cast<std::ptrdiff_t>(from), count,
                  buffer.integers().begin() + static_cast<std::ptrdiff_t>(to));
      break;
    case Type::real:
      std::copy_n(column.reals().begin() + static_cast<std::ptrdiff_t>(from), count,
                  buffer.reals().begin() + static_cast<std::ptrdiff_t>(to));
      break;
    case Type::text:
      for (std::size_t i = 0; i < count; ++i) set_text(buffer, to + i, column.texts()[from + i]);
      break;
  }
}

/// A value of the run file; what does not fit the job has damaged it, and counts as no value.
void set_value(ColumnBuffer& buffer, std::size_t row, const Value* value) {
  const bool fits = value != nullptr && type_of(*value) == buffer.type();
  switch (buffer.type()) {
    case Type::integer:
      buffer.integers()[row] = fits ? std::get<std::int64_t>(*value) : 0;
      break;
    case Type::real:
      buffer.reals()[row] = fits ? std::get<double>(*value) : 0;
      break;
    case Type::text:
      set_text(buffer, row, fits ? std::string_view(std::get<std::string>(*value)) : std::string_view());
      break;
  }
}

/// What a row says of a task besides its params and values.
void set_own(ColumnBuffer& buffer, std::size_t row, Kind kind, const TaskRow& from) {
  switch (kind) {
    case Kind::task:
      buffer.integers()[row] = static_cast<std::int64_t>(from.task.value());
      break;
    case Kind::status:
      buffer.texts()[row] = name_of(from.status);
      break;
    case Kind::attempts:
      buffer.integers()[row] = from.attempts;
      break;
    case Kind::rank:
      buffer.integers()[row] = from.rank;
      break;
    case Kind::start:
      buffer.reals()[row] = from.start;
      break;
    case Kind::duration:
      buffer.reals()[row] = from.duration;
      break;
    case Kind::exit_code:
      buffer.integers()[row] = from.exit_code;
      break;
    case Kind::error:
      set_text(buffer, row, from.error);
      break;
    case Kind::param:
    case Kind::value:
      break;
  }
}

}  // namespace

RowBatches::RowBatches(const Job& job, const std::vector<RowColumn>& columns, Take take)
    : job_(job),
      columns_(columns),
      take_(std::move(take)),
      filter_(job),
      buffers_(columns.size()),
      has_values_(most_rows),
      all_(most_rows) {
  std::iota(all_.begin(), all_.end(), 0U);
}

void RowBatches::read(const RunFileReader& file, const RowSelection& selection) {
  begin_batch();
  file.visit_rows(selection,
                  {[this](const TaskRow& row) { add(row); },
                   [this](TaskRange tasks, std::span<const ConstColumn> values) { add(tasks, values); }});
  give_out();
}

void RowBatches::begin_batch() {
  for (std::size_t i = 0; i < columns_.size(); ++i) buffers_[i].reset(columns_[i].type, most_rows);
  rows_ = 0;
}

void RowBatches::add(const TaskRow& row) {
  if (rows_ == most_rows) give_out();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const RowColumn& column = columns_[i];
    if (column.kind == Kind::param) {
      job_.space.fill(column.index, row.task, 1, buffers_[i], rows_);
    } else if (column.kind == Kind::value) {
      set_value(buffers_[i], rows_, column.index < row.values.size() ? &row.values[column.index] : nullptr);
    } else {
      set_own(buffers_[i], rows_, column.kind, row);
    }
  }
  has_values_[rows_] = row.values.empty() ? 0 : 1;
  ++rows_;
}

/// Tasks that do not meet `where` are finished, but have neither rows nor values.
void RowBatches::add(TaskRange tasks, std::span<const ConstColumn> values) {
  if (!job_.where || !values.empty()) return add_block(tasks, values);
  while (!tasks.empty()) {
    const TaskRange piece{tasks.begin, tasks.begin + std::min<std::uint64_t>(tasks.size(), most_rows)};
    for (const TaskRange& run : filter_.of({&piece, 1}).tasks) add_block(run, values);
    tasks.begin = piece.end;
  }
}

void RowBatches::add_block(TaskRange tasks, std::span<const ConstColumn> values) {
  const auto fits = [&](const RowColumn& column) {
    return column.index < values.size() && values[column.index].type() == column.type;
  };
  TaskRow row;  // of kernel-only tasks nothing but the number differs
  std::size_t done = 0;
  while (!tasks.empty()) {
    if (rows_ == most_rows) give_out();
    const std::size_t count = std::min<std::uint64_t>(tasks.size(), most_rows - rows_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const RowColumn& column = columns_[i];
      if (column.kind == Kind::param) {
        job_.space.fill(column.index, TaskIndex(tasks.begin), count, buffers_[i], rows_);
      } else if (column.kind == Kind::task) {
        std::iota(buffers_[i].integers().begin() + static_cast<std::ptrdiff_t>(rows_),
                  buffers_[i].integers().begin() + static_cast<std::ptrdiff_t>(rows_ + count),
                  static_cast<std::int64_t>(tasks.begin));
      } else if (column.kind != Kind::value) {
        for (std::size_t k = 0; k < count; ++k) set_own(buffers_[i], rows_ + k, column.kind, row);
      } else if (fits(column)) {
        copy_values(values[column.index], done, count, buffers_[i], rows_);
      } else {
        for (std::size_t k = 0; k < count; ++k) set_value(buffers_[i], rows_ + k, nullptr);
      }
    }
    std::fill_n(has_values_.begin() + static_cast<std::ptrdiff_t>(rows_), count, values.empty() ? 0 : 1);
    rows_ += count;
    done += count;
    tasks.begin += count;
  }
}

void RowBatches::give_out() {
  if (rows_ == 0) return;
  RowBatch batch;
  batch.rows = rows_;
  for (const ColumnBuffer& buffer : buffers_) batch.columns.push_back(buffer.view().rows(0, rows_));
  batch.has_values = std::span(has_values_).first(rows_);
  batch.selected = std::span(all_).first(rows_);
  take_(batch);
  begin_batch();
}

}  // namespace fanfold
