#include "run/ended_run.hpp"

#include "journal/write_permission.hpp"
#include "run/open_run.hpp"

namespace fanfold {

RunState read_ended_run(const Job& job, const RunOptions& options, int obstacle) {
  const std::filesystem::path& path = options.run_file;
  const RunFileError refusal = unwritable(path, obstacle);
  std::error_code ignored;
  if (options.fresh || options.retry_failed || !options.adopt.empty() ||
      !std::filesystem::exists(path, ignored)) {
    throw refusal;
  }
  check_run_file(job, path);
  const RunFileReader file(path);
  if (!differing_keys(job.fingerprint, file.header().fingerprint).empty()) throw refusal;
  RunState state = file.load(merge_partials_of(job));
  TaskSet pending(options.tasks.value_or(TaskRange{0, job.size()}));
  pending.erase(state.finished);
  if (!pending.empty()) throw refusal;
  return state;
}

}  // namespace fanfold
