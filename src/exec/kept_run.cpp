#include "exec/kept_run.hpp"

#include <limits>
#include <string_view>

#include "core/overloaded.hpp"

namespace fanfold {
namespace {

template <typename T>
void append_rows(std::vector<T>& column, const auto& values, const RowFailures& failures, std::size_t first,
                 const T& blank) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    column.push_back(failures.failed(first + row) ? blank : T(values[row]));
  }
}

}  // namespace

KeptRun::KeptRun(const Job& job) : slots_(job.value_slots()), columns_(slots_.size()) {
  for (const expr::Scope::Entry& entry : job.scope.entries()) {
    for (std::size_t index = 0; index < slots_.size(); ++index) {
      if (entry.constant || entry.slot != slots_[index]) continue;
      if (entry.type == Type::real) columns_[index] = std::vector<double>();
      if (entry.type == Type::text) columns_[index] = std::vector<std::string>();
    }
  }
}

void KeptRun::add(TaskRange tasks, std::span<const ConstColumn> columns, std::size_t first,
                  const RowFailures& failures, std::vector<KeptColumns>& sealed) {
  if (tasks.begin != tasks_.end || tasks_.size() + tasks.size() > most_tasks) seal(sealed);
  if (tasks_.empty()) tasks_ = {tasks.begin, tasks.begin};
  tasks_.end = tasks.end;
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    const ConstColumn rows = columns[slots_[index]].rows(first, tasks.size());
    std::visit(Overloaded{
                   [&](std::vector<std::int64_t>& kept) {
                     append_rows(kept, rows.integers(), failures, first, std::int64_t{0});
                   },
                   [&](std::vector<double>& kept) {
                     append_rows(kept, rows.reals(), failures, first,
                                 std::numeric_limits<double>::quiet_NaN());
                   },
                   [&](std::vector<std::string>& kept) {
                     append_rows(kept, rows.texts(), failures, first, std::string());
                   },
               },
               columns_[index]);
  }
}

void KeptRun::seal(std::vector<KeptColumns>& sealed) {
  if (tasks_.empty()) return;
  std::vector<ConstColumn> views;
  std::vector<std::vector<std::string_view>> texts(columns_.size());
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    std::visit(Overloaded{
                   [&](const std::vector<std::string>& kept) {
                     texts[index].assign(kept.begin(), kept.end());
                     views.emplace_back(std::span<const std::string_view>(texts[index]));
                   },
                   [&](const auto& kept) { views.emplace_back(std::span(kept)); },
               },
               columns_[index]);
  }
  sealed.push_back({tasks_, encode_columns(views, tasks_.size())});
  for (Column& column : columns_) std::visit([](auto& kept) { kept.clear(); }, column);
  tasks_ = {};
}

}  // namespace fanfold
