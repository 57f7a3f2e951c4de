#include "cli/queue_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/quantity.hpp"
#include "report/run_status.hpp"

namespace fanfold {
namespace {

/// More jobs, or parts of an array, than this are not listed one by one.
constexpr std::size_t most_listed = 16;

std::string title_of(const SubmissionRecord& record) {
  for (const Scheduler* const scheduler : schedulers()) {
    if (scheduler->name == record.scheduler) return std::string(scheduler->title);
  }
  return record.scheduler;
}

std::string state_text(const JobState& job) {
  return job.state + (job.reason.empty() ? "" : fmt::format(" ({})", job.reason));
}

/// "3 RUNNING, 1 PENDING", in the order in which the states come first.
std::string counted(const std::vector<JobState>& jobs) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const JobState& job : jobs) {
    auto known =
        std::find_if(counts.begin(), counts.end(), [&](const auto& each) { return each.first == job.state; });
    if (known == counts.end()) known = counts.insert(known, {job.state, 0});
    ++known->second;
  }
  std::string text;
  for (const auto& [state, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

}  // namespace

std::string queue_text(const SubmissionRecord& record, const QueueState& state) {
  std::string text = fmt::format(
      "{} {} {}, submitted {}", title_of(record), record.jobs.size() == 1 ? "job" : "jobs",
      fmt::join(record.jobs.end() -
                    static_cast<std::ptrdiff_t>(std::min<std::size_t>(record.jobs.size(), most_listed)),
                record.jobs.end(), ", "),
      record.submitted);
  if (state.jobs.empty()) {
    return text + ": " + (state.obstacle.empty() ? "not in the queue" : "not known: " + state.obstacle) +
           "\n";
  }
  if (state.jobs.size() == 1) return text + ": " + state_text(state.jobs.front()) + "\n";
  text += ": " + counted(state.jobs) + "\n";
  if (state.jobs.size() > most_listed) return text;
  for (const JobState& job : state.jobs) text += fmt::format("  {}: {}\n", job.job, state_text(job));
  return text;
}

nlohmann::ordered_json queue_json(const SubmissionRecord& record, const QueueState& state) {
  auto jobs = nlohmann::ordered_json::array();
  for (const JobState& job : state.jobs)
    jobs.push_back({{"job", job.job}, {"state", job.state}, {"reason", job.reason}});
  return {{"name", record.scheduler},
          {"submitted", record.submitted},
          {"ids", record.jobs},
          {"jobs", std::move(jobs)},
          {"obstacle", state.obstacle}};
}

std::string unrecorded_text(const std::string& run_file, const SubmissionRecord& record) {
  if (record.array == 0) return run_file + ": submitted; nothing is recorded yet\n";
  std::string text = fmt::format("{}: submitted in {}\n", run_file, count_of(record.array, "part"));
  std::size_t unlisted = 0;
  for (std::uint32_t part = 1; part <= record.array; ++part) {
    const std::string file = part_run_file(run_file, std::to_string(part));
    if (!std::filesystem::exists(file)) continue;
    if (part > most_listed) {
      ++unlisted;
      continue;
    }
    const RunStatus status = read_run_status(file);
    if (!status.recorded) {
      text += fmt::format("  {}: {}\n", file, status.obstacle);
      continue;
    }
    text += fmt::format(
        "  {}: {} of {} finished, {} failed\n", file, with_separators(status.recorded->finished),
        count_of(status.recorded->header.tasks, "task"), with_separators(status.recorded->failed));
  }
  if (unlisted > 0) text += fmt::format("  and {}\n", count_of(unlisted, "more run file"));
  return text;
}

}  // namespace fanfold
