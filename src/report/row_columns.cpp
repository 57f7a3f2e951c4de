#include "report/row_columns.hpp"

#include <algorithm>
#include <string_view>

namespace fanfold {
namespace {

using Kind = RowColumn::Kind;

/// A program's exit code is in the row of each of its tasks, failed ones too: it needs no column as a result.
constexpr std::string_view exit_code = "exit_code";

bool runs_a_program(const Job& job) {
  if (!job.source) return false;
  const std::vector<Result>& results = job.source->info->results;
  return std::any_of(results.begin(), results.end(),
                     [](const Result& result) { return result.name == exit_code; });
}

bool is_result_of_source(const Job& job, std::size_t slot) {
  return job.source && slot >= job.source->first_slot &&
         slot < job.source->first_slot + job.source->info->results.size();
}

std::vector<RowColumn> columns_of_job(const Job& job) {
  std::vector<RowColumn> columns;
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot)
    columns.push_back({job.space.name(slot), Kind::param, job.space.type(slot), slot});
  const std::vector<std::size_t> slots = job.value_slots();
  for (std::size_t index = 0; index < slots.size(); ++index) {
    for (const expr::Scope::Entry& entry : job.scope.entries()) {
      if (entry.constant || entry.slot != slots[index]) continue;
      if (entry.name == exit_code && is_result_of_source(job, entry.slot)) continue;
      columns.push_back({entry.name, Kind::value, entry.type, index});
    }
  }
  return columns;
}

}  // namespace

std::vector<RowColumn> row_columns(const Job& job) {
  const std::vector<RowColumn> columns = columns_of_job(job);
  const auto own = [&columns](std::string name, Kind kind, Type type) {
    const auto is_taken = [&](const RowColumn& column) { return column.name == name; };
    while (std::any_of(columns.begin(), columns.end(), is_taken)) name.insert(0, "task_");
    return RowColumn{name, kind, type, 0};
  };
  std::vector<RowColumn> all{own("task", Kind::task, Type::integer)};
  all.insert(all.end(), columns.begin(), columns.end());
  all.push_back(own("status", Kind::status, Type::text));
  all.push_back(own("attempts", Kind::attempts, Type::integer));
  all.push_back(own("rank", Kind::rank, Type::integer));
  all.push_back(own("start", Kind::start, Type::real));
  all.push_back(own("duration", Kind::duration, Type::real));
  if (runs_a_program(job)) all.push_back(own(std::string(exit_code), Kind::exit_code, Type::integer));
  all.push_back(own("error", Kind::error, Type::text));
  return all;
}

}  // namespace fanfold
