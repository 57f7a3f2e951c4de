#include "report/summary.hpp"

#include <fmt/format.h>

#include "report/digest.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

std::string lost_text(const LostRank& lost) {
  return fmt::format("lost: rank {}{} after {} ({}); {} went to others\n", lost.rank.value(),
                     lost.host.empty() ? "" : " on " + lost.host, duration_text(lost.seconds), lost.why,
                     count_of(lost.tasks, "task"));
}

}  // namespace

std::string summary_text(const Job& job, const RunResult& result, const std::string& arguments,
                         const std::string& to_go_on, const std::string& run_file) {
  std::string text;
  if (!result.failures.empty() || result.other_failures > 0) {
    const auto host_of = [&result](const FailureGroup& group) {
      const auto rank = static_cast<std::size_t>(group.rank->value());
      return rank < result.hosts.size() ? result.hosts[rank] : std::string();
    };
    text += "failed in this execution:\n" +
            digest_text(job, result.failures, result.other_failures, {arguments, run_file, host_of});
  }

  const std::uint64_t succeeded = result.finished - result.failed;
  text += fmt::format("{} of {} succeeded", with_separators(succeeded), count_of(result.tasks, "task"));
  if (result.adopted) text += fmt::format(" ({} adopted)", with_separators(*result.adopted));
  if (result.failed > 0) text += fmt::format(", {} failed", with_separators(result.failed));
  if (result.finished < result.tasks) {
    text += fmt::format(", {} not run", with_separators(result.tasks - result.finished));
  }
  text += left_out_text(result.left_out);
  if (result.executed > 0) text += fmt::format("; {}", duration_text(result.seconds));
  if (result.skipped > 0) text += fmt::format("; {} skipped", count_of(result.skipped, "task"));
  if (result.retried > 0) text += fmt::format("; {} repeated", count_of(result.retried, "attempt"));
  if (!result.lost_ranks.empty())
    text += fmt::format("; {} lost", count_of(result.lost_ranks.size(), "rank"));
  text += fmt::format("; run file {}\n", run_file);

  for (const LostRank& lost : result.lost_ranks) text += lost_text(lost);

  if (result.status == ExitStatus::resumable) {
    text += fmt::format("stopped early ({}); the same command goes on\n  fanfold run {}\n", result.stopped_by,
                        to_go_on);
  } else if (result.failed > 0) {
    if (!result.stopped_by.empty())
      text += fmt::format("stopped by {}; the same command goes on with the tasks that were not run\n",
                          result.stopped_by);
    text += "add --retry-failed to the same command to run the failed tasks again\n";
  }
  return text;
}

}  // namespace fanfold
