// Builders for the stories of the run file: a folder, a header, entries.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "journal/run_file.hpp"

namespace fanfold {

/// A folder that is removed at the end. In memory where that is possible: what these tests are about does not
/// depend on the disk, whose fsync may take milliseconds; a process that is killed loses no more there than
/// on a disk.
class RunFolder {
 public:
  RunFolder() {
    for (const std::filesystem::path& parent :
         {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
      std::string name = (parent / "fanfold-journal-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) continue;
      path_ = name;
      std::filesystem::permissions(path_, std::filesystem::perms(0755));  // other users read it in some tests
      return;
    }
    throw std::runtime_error("no temporary folder");
  }
  ~RunFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline RunHeader header_of(std::uint64_t tasks) {
  RunHeader header;
  header.fanfold_version = "0.1.0";
  header.job_name = "pi";
  header.job.file = "pi.toml";
  header.job.folder = "/jobs";
  header.job.text = "name = \"pi\"\n";
  header.job.overrides.seed = 0xFFFFFFFFFFFFFFFF;
  header.job.overrides.run = {{"retries", "3"}, {"keep", "all"}};
  header.job.overrides.set = {{"samples", "10"}, {"params.x", "[1, 2]"}};
  header.job.inputs = {{"params.file", "a.txt\nb.txt\n"}, {"params.none", ""}};
  header.fingerprint = {{"seed", "1"}, {"task.kernel", "pi"}};
  header.tasks = tasks;
  header.keeps_values = true;
  header.created = "2026-11-21T22:00:00Z";
  header.host = "nodea";
  return header;
}

/// A stand-in for a reduce::Partial: a number; merging adds.
inline Bytes partial_of(std::uint64_t number) {
  ByteWriter out;
  out.u64(number);
  return out.take();
}
inline std::uint64_t number_in(const Bytes& partial) {
  if (partial.empty()) return 0;
  ByteReader in(partial);
  return in.u64();
}
inline Bytes add_partials(const std::vector<Bytes>& partials) {
  std::uint64_t sum = 0;
  for (const Bytes& partial : partials) sum += number_in(partial);
  return partial_of(sum);
}

inline Outcome outcome_of(std::uint64_t task) {
  Outcome outcome;
  outcome.task = TaskIndex(task);
  outcome.rank = Rank(static_cast<std::int32_t>(task % 3));
  outcome.slot = 1;
  outcome.start = static_cast<double>(task);
  outcome.duration = 0.25;
  outcome.values = {static_cast<std::int64_t>(task), 0.5, std::string("text")};
  outcome.output = "out " + std::to_string(task);
  return outcome;
}

inline Outcome failed_outcome_of(std::uint64_t task, std::uint32_t attempt = 1) {
  Outcome outcome = outcome_of(task);
  outcome.attempt = Attempt(attempt);
  outcome.status = Status::failed;
  outcome.exit_code = 7;
  outcome.error = "exit code 7";
  outcome.values.clear();
  outcome.errors = "error of attempt " + std::to_string(attempt);
  return outcome;
}

inline KeptColumns columns_of(TaskRange tasks, std::int64_t offset = 0) {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  for (std::uint64_t task = tasks.begin; task < tasks.end; ++task) {
    integers.push_back(static_cast<std::int64_t>(task) + offset);
    reals.push_back(static_cast<double>(task) / 8);
  }
  const ConstColumn columns[] = {ConstColumn(std::span<const std::int64_t>(integers)),
                                 ConstColumn(std::span<const double>(reals))};
  return {tasks, encode_columns(columns, integers.size())};
}

inline FailedTasks failed_of(std::string reason, const TaskSet& tasks) {
  ByteWriter out;
  encode(out, tasks);
  return {std::move(reason), tasks.size(), out.take()};
}

inline TaskSet set_of(const std::vector<TaskRange>& ranges) {
  TaskSet tasks;
  for (const TaskRange& range : ranges) tasks.insert(range);
  return tasks;
}

/// An entry of kernel-only tasks that succeeded; its partial is how many they are.
inline JournalEntry entry_of(TaskRange tasks, double seconds = 1) {
  JournalEntry entry;
  entry.finished.insert(tasks);
  entry.partial = partial_of(tasks.size());
  entry.seconds = seconds;
  return entry;
}

inline Event event_of(Event::Kind kind, std::uint64_t chunk, TaskRange tasks, double time) {
  Event event;
  event.kind = kind;
  event.chunk = ChunkId(chunk);
  event.task = TaskIndex(tasks.begin);
  event.count = tasks.size();
  event.rank = Rank(static_cast<std::int32_t>(chunk % 5));
  event.time = time;
  return event;
}

inline std::vector<TaskRow> rows_of(const RunFileReader& file, bool failed_only = false) {
  std::vector<TaskRow> rows;
  file.for_each_row(failed_only, [&rows](const TaskRow& row) { rows.push_back(row); });
  return rows;
}

}  // namespace fanfold
