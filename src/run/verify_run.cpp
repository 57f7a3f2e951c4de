#include "run/verify_run.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/task_set.hpp"
#include "job/task_filter.hpp"
#include "journal/run_file.hpp"
#include "run/open_run.hpp"
#include "run/reduce_again.hpp"

namespace fanfold {
namespace {

std::string text_of(TaskRange tasks) {
  return tasks.size() == 1 ? fmt::format("task {}", tasks.begin)
                           : fmt::format("tasks {} to {}", tasks.begin, tasks.end - 1);
}

/// One check at work.
class Check {
 public:
  Check(const RunFileReader& file, const Job& job) : file_(file), job_(job), filter_(job) {}

  Verification run() {
    found_.tasks = job_.size();
    check_bytes();
    check_job();
    try {
      check_state();
    } catch (
        const RunFileError& error) {  // damage that stops the reading: what was found before is to be seen
      add(error.what());
    } catch (const DecodeError& error) {
      add(fmt::format("what is recorded of the answer cannot be read: {}", error.what()));
    }
    return std::move(found_);
  }

 private:
  void add(std::string problem) { found_.problems.push_back(std::move(problem)); }

  void check_bytes() {
    FileIntegrity integrity = file_.integrity();
    found_.checked_rows = integrity.checked_rows;
    found_.unchecked_rows = integrity.unchecked_rows;
    task_rows_ = integrity.task_rows;
    found_.problems = std::move(integrity.damage);
  }

  void check_job() {
    if (file_.header().tasks != job_.size()) {
      add(fmt::format("it says that its job has {} tasks, which has {}", file_.header().tasks, job_.size()));
    }
    if (file_.header().fingerprint != job_.fingerprint) add("its job is not the one of its fingerprint");
  }

  void check_state() {
    const RunState state = file_.load(merge_partials_of(job_));
    found_.finished = state.finished.size();
    found_.failed = state.failed;
    found_.left_out = state.left_out;
    check_coverage(state);
    check_reductions(state);
  }

  /// What was recorded of the finished tasks is there, and nothing else.
  void check_coverage(const RunState& state) {
    if (!state.finished.empty() && state.finished.ranges().back().end > job_.size())
      add(fmt::format("it has tasks beyond the last, {}", job_.size() - 1));
    std::uint64_t rows = 0, failed = 0, left_out = 0;
    RowVisitor visitor;
    visitor.row = [&](const TaskRow& row) {
      ++rows;
      if (row.status != Status::succeeded) ++failed;
    };
    visitor.block = [&](TaskRange tasks, std::span<const ConstColumn> values) {
      left_out += check_block(tasks, !values.empty());
    };
    file_.visit_rows({}, visitor);
    expect(failed, state.failed, "failed tasks");
    expect(left_out, state.left_out, "tasks left out by where");
    if (job_.source) expect(task_rows_, rows, "rows of tasks");
  }

  /// Tasks without a row of their own; returns how many of them do not meet `where`.
  std::uint64_t check_block(TaskRange tasks, bool has_values) {
    const std::uint64_t left_out = job_.where ? tasks.size() - filter_.count(tasks) : 0;
    const bool has_rows = job_.source || (job_.keeps_values() && !job_.value_slots().empty());
    if (has_rows && !has_values && left_out < tasks.size())
      add(fmt::format("{} {} recorded as finished, without {}", text_of(tasks),
                      tasks.size() == 1 ? "is" : "are", job_.source ? "a row" : "values"));
    return left_out;
  }

  void expect(std::uint64_t found, std::uint64_t recorded, const char* what) {
    if (found != recorded) add(fmt::format("it has {} {}, where {} are recorded", found, what, recorded));
  }

  void check_reductions(const RunState& state) {
    found_.reduced_again = !job_.reductions.empty() && (job_.source || job_.keeps_values());
    if (!found_.reduced_again) return;
    const auto merge = merge_partials_of(job_);
    const Bytes again = reduce_again(
        job_, [this](const std::function<void(const TaskRow&)>& row) { file_.for_each_row(false, row); });
    if (merge({again}) != merge({state.partial})) add("the answer is not what the recorded values give");
  }

  const RunFileReader& file_;
  const Job& job_;
  TaskFilter filter_;
  Verification found_;
  std::uint64_t task_rows_ = 0;
};

}  // namespace

Verification verify_run(const std::filesystem::path& path, const SourceRegistry& sources) {
  const RunFileReader file(path);
  const std::unique_ptr<const Job> job = open_job(file.header().job, sources);
  Verification found;
  file.at_one_state([&] { found = Check(file, *job).run(); });
  return found;
}

}  // namespace fanfold
