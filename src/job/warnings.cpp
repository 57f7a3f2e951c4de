#include "job/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "job/shared_files.hpp"
#include "job/task_filter.hpp"
#include "job/toml_document.hpp"
#include "job/unused_names.hpp"

namespace fanfold {
namespace {

/// More tasks are not tried before a run: these take some tens of milliseconds.
constexpr std::uint64_t most_tasks_tried = 1'000'000;

std::vector<Diagnostic> unmet_where(const Job& job, const TomlNode& root) {
  if (!job.where || job.size() > most_tasks_tried) return {};
  if (TaskFilter(job).meets_any({0, job.size()})) return {};
  const TomlEntry& where = *root.find("where");
  return {{where.place, fmt::format("where = \"{}\" is met by no task: nothing would run", where.node.text)}};
}

}  // namespace

std::vector<Diagnostic> job_warnings(const Job& job, const JobSource& source) {
  const TomlDocument document(source.text);
  std::vector<Diagnostic> warnings = unused_names(job, source, document.root());
  for (const auto find : {shared_files, unmet_where}) {
    for (Diagnostic& warning : find(job, document.root())) warnings.push_back(std::move(warning));
  }
  std::ranges::stable_sort(warnings, {}, &Diagnostic::place);
  return warnings;
}

}  // namespace fanfold
