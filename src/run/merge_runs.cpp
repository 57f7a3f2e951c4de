#include "run/merge_runs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "exec/source.hpp"
#include "job/task_filter.hpp"
#include "journal/merge_files.hpp"
#include "journal/run_file.hpp"
#include "run/failed_tasks.hpp"
#include "run/open_run.hpp"
#include "run/reduce_again.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// One of the runs.
struct Part {
  fs::path path;
  RunHeader header;
  RunState state;
  TaskSet failed;
  TaskSet taken;  ///< the tasks that count as this part ran them

  bool is_whole() const { return taken == state.finished; }
};

void check_same_job(const RunHeader& header, const fs::path& path, const RunHeader& first,
                    const fs::path& first_path) {
  std::vector<std::string> keys = differing_keys(header.fingerprint, first.fingerprint);
  if (keys.empty() && header.keeps_values != first.keeps_values)
    keys.emplace_back("run.keep: only one of them has the values of each task");
  if (keys.empty()) return;
  std::string message =
      fmt::format("'{}' and '{}' are runs of different jobs:", first_path.string(), path.string());
  for (const std::string& key : keys) message += "\n  " + key;
  throw UsageError(message);
}

/// Parts of an array that adopted each what is the same in it, from one run.
void add_adopted(RunHeader& header, const RunHeader& other) {
  if (!header.adopted)
    header.adopted = other.adopted;
  else if (other.adopted && other.adopted->file == header.adopted->file)
    header.adopted->tasks += other.adopted->tasks;
}

Part read_part(const Job& job, const fs::path& path) {
  Part part;
  part.path = path;
  const RunFileReader file(path);
  check_sound(file, path);
  part.header = file.header();
  file.at_one_state([&] {
    part.state = file.load(merge_partials_of(job));
    part.failed = failed_tasks(file);
  });
  return part;
}

/// Decides which part a task is taken from; the largest come first, so that one that has nothing to add is
/// left out whole. With values, a task is taken from where it succeeded.
void assign_tasks(std::vector<Part>& parts, bool has_values) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parts[a].state.finished.size() > parts[b].state.finished.size();
  });
  TaskSet taken;
  const auto take = [&taken](Part& part, TaskSet tasks) {
    tasks.erase(taken);
    taken.insert(tasks);
    part.taken.insert(tasks);
  };
  if (has_values) {
    for (const std::size_t index : order) {
      TaskSet succeeded = parts[index].state.finished;
      succeeded.erase(parts[index].failed);
      take(parts[index], std::move(succeeded));
    }
  }
  for (const std::size_t index : order) take(parts[index], parts[index].state.finished);
}

std::uint64_t common_count(const TaskSet& a, const TaskSet& b) {
  TaskSet rest = a;
  rest.erase(b);
  return a.size() - rest.size();
}

/// What the parts come to, without a Partial where that has to be made again.
RunState joined_state(const Job& job, const std::vector<Part>& parts, bool merges) {
  RunState state;
  std::vector<Bytes> partials;
  for (const Part& part : parts) {
    state.finished.insert(part.taken);
    state.failed += common_count(part.taken, part.failed);
    if (part.is_whole()) {
      state.left_out += part.state.left_out;
    } else if (job.where) {
      TaskFilter filter(job);
      for (const TaskRange& range : part.taken.ranges()) state.left_out += range.size() - filter.count(range);
    }
    if (merges && !part.taken.empty()) partials.push_back(part.state.partial);
  }
  state.partial = merge_partials_of(job)(partials);
  state.ended = state.finished.size() == job.size();
  return state;
}

/// The name under which the file grows; it gets its own when it is complete.
class GrowingFile {
 public:
  explicit GrowingFile(const fs::path& path)
      : path_(path), growing_(fmt::format("{}.merge-{}", path.string(), getpid())) {
    if (fs::exists(path))
      throw UsageError(fmt::format("'{}' is there already: name a new file first", path.string()));
  }
  ~GrowingFile() {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(growing_.string() + suffix, ignored);
  }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  const fs::path& path() const { return growing_; }
  void finish() const { fs::rename(growing_, path_); }

 private:
  fs::path path_;
  fs::path growing_;
};

/// The first two parts that have a task in common, for the message.
[[noreturn]] void refuse_overlap(const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = i + 1; j < parts.size(); ++j) {
      const std::uint64_t common = common_count(parts[i].state.finished, parts[j].state.finished);
      if (common == 0) continue;
      throw UsageError(
          fmt::format("'{}' and '{}' both have {} of the tasks, and others besides, and no values of each "
                      "task (keep = \"none\"): "
                      "what they add to the answer cannot be told apart",
                      parts[i].path.string(), parts[j].path.string(), common));
    }
  }
  throw UsageError("the runs overlap");
}

}  // namespace

MergedRun merge_runs(const fs::path& path, const std::vector<fs::path>& runs) {
  const GrowingFile growing(path);
  MergedRun merged;
  merged.job = open_job(RunFileReader(runs.front()).header().job, source_registry());
  const Job& job = *merged.job;
  std::vector<Part> parts;
  std::uint64_t recorded = 0;
  for (const fs::path& run : runs) {
    if (!parts.empty()) check_same_job(RunFileReader(run).header(), run, parts.front().header, runs.front());
    parts.push_back(read_part(job, run));
    recorded += parts.back().state.finished.size();
  }
  RunHeader header = parts.front().header;
  for (std::size_t i = 1; i < parts.size(); ++i) add_adopted(header, parts[i].header);
  const bool has_values = job.source.has_value() || header.keeps_values;
  assign_tasks(parts, has_values);
  // A Partial is of all tasks of its part: it can be used whole or not at all.
  const bool merges = std::all_of(parts.begin(), parts.end(),
                                  [](const Part& part) { return part.taken.empty() || part.is_whole(); });
  if (!merges && !has_values) refuse_overlap(parts);

  RunState state = joined_state(job, parts, merges);
  std::vector<MergedFile> files;
  for (const Part& part : parts) files.push_back({part.path, part.taken});
  merge_run_files(growing.path(), header, state, files);
  if (!merges) {
    const std::unique_ptr<RunFileWriter> file = RunFileWriter::open(growing.path());
    state.partial = reduce_again(job, *file);
    file->replace_reductions(header, state);
  }
  growing.finish();
  merged.tasks = job.size() - state.left_out;
  merged.finished = state.finished.size() - state.left_out;
  merged.failed = state.failed;
  merged.repeated = recorded - state.finished.size();
  merged.answers = partial_of(job, state).finish();
  return merged;
}

}  // namespace fanfold
