#include "run/reduce_again.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/column_buffer.hpp"
#include "core/row_failures.hpp"
#include "job/task_filter.hpp"

namespace fanfold {
namespace {

constexpr std::size_t batch_rows = 1024;

/// Collects rows into columns and adds them to a Partial, a batch at a time.
class Batches {
 public:
  Batches(const Job& job, reduce::Partial& partial)
      : job_(job), partial_(partial), value_slots_(job.value_slots()) {}

  void add(const TaskRow& row) {
    rows_.push_back(row);
    if (rows_.size() == batch_rows) flush();
  }

  void flush() {
    if (rows_.empty()) return;
    // Adopted tasks come in the order of another job.
    const auto by_task = [](const TaskRow& a, const TaskRow& b) { return a.task < b.task; };
    if (!std::is_sorted(rows_.begin(), rows_.end(), by_task)) std::sort(rows_.begin(), rows_.end(), by_task);
    fill_columns();
    std::vector<TaskIndex> tasks;
    std::vector<Status> statuses;
    RowFailures failures;
    failures.reset(rows_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      tasks.push_back(rows_[row].task);
      statuses.push_back(rows_[row].status);
      if (rows_[row].status != Status::succeeded) failures.fail(row, rows_[row].error);
    }
    const std::size_t failed_before = failures.failures().size();
    std::vector<ConstColumn> columns;
    for (const ColumnBuffer& buffer : buffers_) columns.push_back(buffer.view());
    partial_.add({columns, tasks, statuses}, failures, scratch_);
    if (failures.failures().size() != failed_before) {
      const RowFailures::Failure& failure = failures.failures()[failed_before];
      throw UsageError(fmt::format("the new [reduce] fails on task {}: {}", rows_[failure.row].task.value(),
                                   failure.reason));
    }
    rows_.clear();
  }

 private:
  void fill_columns() {
    buffers_.resize(job_.scope.column_count());
    for (std::size_t slot = 0; slot < job_.param_slots; ++slot) {
      buffers_[slot].reset(job_.space.type(slot), rows_.size());
      for (std::size_t row = 0; row < rows_.size(); ++row)
        job_.space.fill(slot, rows_[row].task, 1, buffers_[slot], row);
    }
    for (const expr::Scope::Entry& entry : job_.scope.entries()) {
      if (entry.constant || entry.slot < job_.param_slots) continue;
      buffers_[entry.slot].reset(entry.type, rows_.size());
    }
    for (std::size_t index = 0; index < value_slots_.size(); ++index)
      fill_value(buffers_[value_slots_[index]], index);
  }

  void fill_value(ColumnBuffer& buffer, std::size_t index) {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const std::vector<Value>& values = rows_[row].values;
      const bool present = index < values.size() && type_of(values[index]) == buffer.type();
      switch (buffer.type()) {
        case Type::integer:
          buffer.integers()[row] = present ? std::get<std::int64_t>(values[index]) : 0;
          break;
        case Type::real:
          buffer.reals()[row] = present ? std::get<double>(values[index]) : 0;
          break;
        case Type::text:
          buffer.texts()[row] =
              present ? std::string_view(std::get<std::string>(values[index])) : std::string_view();
          break;
      }
    }
  }

  const Job& job_;
  reduce::Partial& partial_;
  std::vector<std::size_t> value_slots_;
  std::vector<TaskRow> rows_;
  std::vector<ColumnBuffer> buffers_;
  expr::Scratch scratch_;
};

}  // namespace

Bytes reduce_again(const Job& job, const EachRow& each_row) {
  reduce::Partial partial(job.reductions);
  Batches batches(job, partial);
  TaskFilter filter(job);
  each_row([&](const TaskRow& row) {
    if (filter.meets(row.task)) batches.add(row);
  });
  batches.flush();
  ByteWriter writer;
  partial.encode(writer);
  return writer.take();
}

Bytes reduce_again(const Job& job, const RunFileWriter& file) {
  return reduce_again(job,
                      [&file](const std::function<void(const TaskRow&)>& row) { file.for_each_row(row); });
}

}  // namespace fanfold
