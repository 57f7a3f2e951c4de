#include "report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "job/template.hpp"
#include "report/answers.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

/// Reasons that are shown; the rest is counted and left to `fanfold results --failed`.
constexpr std::size_t most_shown = 10;
constexpr std::size_t most_error_lines = 5;

std::string last_lines(const std::string& text) {
  std::size_t end = text.find_last_not_of("\r\n\t ");
  if (end == std::string::npos) return {};
  std::size_t begin = end + 1;
  for (std::size_t lines = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && ++lines == most_error_lines) break;
  }
  std::string indented = "    | ";
  for (const char c : text.substr(begin, end + 1 - begin)) {
    indented += c;
    if (c == '\n') indented += "    | ";
  }
  return indented + "\n";
}

std::string failure_text(const Job& job, const RunResult& result, const FailureGroup& group,
                         const std::string& arguments) {
  const std::string params = params_text(job, group.first);
  const std::uint64_t task = group.first.value();
  std::string text = fmt::format("  {}: {}\n    first: task {}{}", count_of(group.count, "task"), group.error,
                                 task, params.empty() ? "" : " (" + params + ")");
  const auto rank = static_cast<std::size_t>(group.rank.value());
  text += fmt::format(", rank {}", rank);
  if (rank < result.hosts.size() && !result.hosts[rank].empty()) text += " on " + result.hosts[rank];
  if (group.has_source) text += fmt::format(", attempt {}", group.attempt.value());
  text += "\n" + last_lines(group.errors);
  text += fmt::format("    again: fanfold run {} --task {} --run task-{}.run\n", arguments, task, task);
  return text;
}

std::string failures_text(const Job& job, const RunResult& result, const std::string& arguments,
                          const std::string& run_file) {
  std::string text = "failed in this execution:\n";
  std::uint64_t hidden = result.other_failures;
  for (std::size_t i = 0; i < result.failures.size(); ++i) {
    if (i < most_shown) {
      text += failure_text(job, result, result.failures[i], arguments);
    } else {
      hidden += result.failures[i].count;
    }
  }
  if (hidden > 0) text += fmt::format("  {} for other reasons\n", count_of(hidden, "task"));
  return text + fmt::format("  all of them: fanfold results {} --failed\n", quote_for_shell(run_file));
}

}  // namespace

std::string summary_text(const Job& job, const RunResult& result, const std::string& arguments,
                         const std::string& run_file) {
  std::string text;
  if (!result.failures.empty() || result.other_failures > 0)
    text += failures_text(job, result, arguments, run_file);

  const std::uint64_t succeeded = result.finished - result.failed;
  text += fmt::format("{} of {} succeeded", with_separators(succeeded), count_of(result.tasks, "task"));
  if (result.failed > 0) text += fmt::format(", {} failed", with_separators(result.failed));
  if (result.finished < result.tasks) {
    text += fmt::format(", {} not run", with_separators(result.tasks - result.finished));
  }
  if (result.executed > 0) text += fmt::format("; {}", duration_text(result.seconds));
  if (result.retried > 0) text += fmt::format("; {} repeated", count_of(result.retried, "attempt"));
  if (result.lost_ranks > 0) text += fmt::format("; {} lost", count_of(result.lost_ranks, "rank"));
  text += fmt::format("; run file {}\n", run_file);

  if (result.status == ExitStatus::resumable) {
    text += fmt::format("stopped early ({}); the same command goes on\n", result.stopped_by);
  } else if (result.failed > 0) {
    text += "add --retry-failed to the same command to run the failed tasks again\n";
  }
  return text;
}

}  // namespace fanfold
