#include "run/earlier_durations.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "journal/run_file.hpp"
#include "run/open_run.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t most_remembered_tasks = 100'000;

/// Of tasks that take about the same, the order is chance, and ranges in their own order cost less.
constexpr float long_times_mean = 2;

bool has_the_same_tasks(const Job& job, const RunHeader& before) {
  if (before.tasks != job.space.size()) return false;
  const std::vector<std::string> keys = differing_keys(job.fingerprint, before.fingerprint);
  return std::none_of(keys.begin(), keys.end(), [](const std::string& key) {
    return key.starts_with("params") || key.starts_with("where");
  });
}

std::vector<float> durations_in(const RunFileReader& file, std::uint64_t tasks) {
  std::vector<float> seconds(tasks, -1);
  double sum = 0;
  double longest = 0;
  std::uint64_t known = 0;
  file.for_each_row(false, [&](const TaskRow& row) {
    if (row.task.value() >= tasks || row.status != Status::succeeded) return;
    seconds[row.task.value()] = static_cast<float>(row.duration);
    longest = std::max(longest, row.duration);
    sum += row.duration;
    ++known;
  });
  if (known == 0) return {};
  const auto mean = static_cast<float>(sum / static_cast<double>(known));
  if (longest < long_times_mean * mean) return {};
  std::replace(seconds.begin(), seconds.end(), -1.0F, mean);
  return seconds;
}

}  // namespace

std::vector<float> earlier_durations(const Job& job, const std::filesystem::path& run_file) {
  if (!job.source || job.space.size() > most_remembered_tasks || !std::filesystem::exists(run_file))
    return {};
  try {
    const RunFileReader file(run_file);
    if (!has_the_same_tasks(job, file.header())) return {};
    return durations_in(file, job.space.size());
  } catch (const Error&) {
    return {};  // it is replaced whatever is wrong with it
  }
}

}  // namespace fanfold
