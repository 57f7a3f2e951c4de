#include "run/adopt_run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <memory>

#include "exec/source.hpp"
#include "journal/adopt_tasks.hpp"
#include "run/failed_tasks.hpp"
#include "run/open_run.hpp"
#include "run/reduce_again.hpp"
#include "run/same_tasks.hpp"
#include "run/task_content.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

std::string whole_path(const fs::path& path) { return fs::weakly_canonical(fs::absolute(path)).string(); }

std::string counted(std::uint64_t tasks) { return fmt::format("{} task{}", tasks, tasks == 1 ? "" : "s"); }

void check_size(const char* which, std::uint64_t tasks) {
  if (tasks <= most_compared_tasks) return;
  throw UsageError(fmt::format("--adopt compares up to {} tasks one by one; {} {}", most_compared_tasks,
                               which, counted(tasks)));
}

/// Where its `value` stands in a row, if a source has one.
std::optional<std::size_t> place_of_value(const Job& job) {
  const expr::Scope::Entry* const entry = job.scope.find("value");
  if (!job.source || entry == nullptr || entry->constant || entry->slot < job.param_slots)
    return std::nullopt;
  return entry->slot - job.param_slots;
}

/// Another run, as far as it can be adopted from.
class OldRun {
 public:
  explicit OldRun(const fs::path& path)
      : path_(path), file_(path), job_(open_job(file_.header().job, source_registry())) {}

  const Job& job() const { return *job_; }
  const RunFileReader& file() const { return file_; }
  bool has_values() const { return job_->source.has_value() || file_.header().keeps_values; }

  /// The tasks that have succeeded, also by the measure of another job.
  TaskSet succeeded(const Job& job) const {
    TaskSet tasks;
    file_.at_one_state([&] {
      tasks = file_.load([](const std::vector<Bytes>&) { return Bytes(); }).finished;
      tasks.erase(failed_tasks(file_));
    });
    check_size(fmt::format("'{}' has", path_.string()).c_str(), tasks.size());
    if (job.uses_value && !job_->uses_value) erase_without_number(tasks);
    return tasks;
  }

 private:
  /// What printed no number has succeeded there, and fails where the number is used.
  void erase_without_number(TaskSet& tasks) const {
    const std::optional<std::size_t> place = place_of_value(*job_);
    if (!place) return;
    file_.for_each_row(false, [&](const TaskRow& row) {
      if (*place >= row.values.size()) return;
      const auto* const value = std::get_if<double>(&row.values[*place]);
      if (value != nullptr && std::isnan(*value)) tasks.erase({row.task.value(), row.task.value() + 1});
    });
  }

  fs::path path_;
  RunFileReader file_;
  std::unique_ptr<const Job> job_;
};

/// What the tasks come to in this job.
RunState state_of(const Job& job, const OldRun& old, const MovedList& tasks) {
  RunState state;
  for (const MovedTasks& moved : tasks) state.finished.insert(moved.target());
  state.partial = reduce_again(job, [&](const std::function<void(const TaskRow&)>& row) {
    MovedCursor cursor(tasks);
    old.file().for_each_row(false, [&](const TaskRow& each) {
      const std::optional<TaskIndex> target = cursor.target_of(each.task);
      if (!target) return;
      TaskRow moved = each;
      moved.task = *target;
      row(moved);
    });
  });
  state.ended = state.finished.size() == job.size();
  return state;
}

/// Why no task is the same, as far as the job files tell.
std::string differences(const Job& job, const Job& old) {
  std::vector<std::string> keys = differing_keys(job.fingerprint, old.fingerprint);
  std::erase_if(keys, [](const std::string& key) { return key.starts_with("reduce."); });
  return keys.empty() ? "" : fmt::format(": {}", fmt::join(keys, "; "));
}

void tell(const Job& job, const Job& old, const fs::path& path, std::uint64_t adopted,
          std::uint64_t candidates, std::uint64_t tasks) {
  if (candidates == 0) {
    spdlog::warn("nothing is adopted: no task has succeeded in '{}'", path.string());
  } else if (adopted == 0) {
    spdlog::warn("nothing is adopted: none of the tasks in '{}' is the same{}", path.string(),
                 differences(job, old));
  } else {
    spdlog::info("adopted {} of {} from '{}'", adopted, counted(tasks), path.string());
  }
  if (adopted < candidates && TaskContents(job).is_random())
    spdlog::info("tasks that draw random numbers are the same only if their numbers are: see seed_by");
}

}  // namespace

void adopt_run(const Job& job, RunHeader header, const RunOptions& options) {
  const OldRun old(options.adopt);
  check_sound(old.file(), options.adopt);
  const TaskRange tasks = options.adopt_within.value_or(TaskRange{0, job.size()});
  check_size("this job has", tasks.size());
  const TaskSet candidates = old.succeeded(job);
  const MovedList same = same_tasks(old.job(), candidates, job, tasks);
  if (!same.empty() && !old.has_values()) {
    throw UsageError(fmt::format(
        "'{}' cannot be adopted: it has not the values of each task, of which the answer would be "
        "made (keep = \"all\" keeps them)",
        options.adopt.string()));
  }
  const RunState state = state_of(job, old, same);
  tell(job, old.job(), options.adopt, state.finished.size(), candidates.size(), tasks.size());
  header.adopted = {whole_path(options.adopt), state.finished.size()};
  create_with_adopted(options.run_file, header, state, options.adopt, same);
}

void check_can_adopt(const RunOptions& options) {
  if (whole_path(options.adopt) == whole_path(options.run_file)) {
    throw UsageError(
        fmt::format("--adopt: '{}' is the run file of this run, too: give this one another with --run FILE",
                    options.adopt.string()));
  }
  if (options.fresh || !fs::exists(options.run_file)) RunFileReader(options.adopt).header();
}

void check_adopted(const RunHeader& header, const RunOptions& options) {
  if (header.adopted && header.adopted->file == whole_path(options.adopt)) return;
  throw UsageError(
      fmt::format("run file '{}' is there already, and did not begin with what '{}' has: replace it with "
                  "--fresh, or name "
                  "another with --run FILE",
                  options.run_file.string(), options.adopt.string()));
}

}  // namespace fanfold
