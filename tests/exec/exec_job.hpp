// Jobs and executors for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "exec/executor.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "run/wakeup.hpp"

namespace fanfold::test {

/// A folder that goes with the object.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "exec-test-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

inline std::unique_ptr<const Job> job_of(std::string text, std::string folder = "/") {
  JobSource source;
  source.file = "job.toml";
  source.folder = std::move(folder);
  source.text = std::move(text);
  return open_job(source, source_registry());
}

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The open descriptors of this process, but for the one that looks.
inline std::ptrdiff_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return std::distance(begin(files), end(files)) - 1;
}

/// All that an executor reported.
struct Reported {
  TaskSet finished;
  std::vector<Outcome> outcomes;
  TaskList to_retry;
  std::vector<FailedTasks> failures;
  std::vector<KeptColumns> columns;
  std::unique_ptr<reduce::Partial> partial;
  std::uint64_t finished_count = 0;  ///< more than finished.size() if a task was reported twice
  std::size_t reports = 0;
  double busy = 0;

  explicit Reported(const Job& job) : partial(std::make_unique<reduce::Partial>(job.reductions)) {}

  void add(Report report) {
    ++reports;
    finished.insert(report.finished);
    finished_count += report.finished.size();
    busy += report.busy;
    for (Outcome& outcome : report.outcomes) outcomes.push_back(std::move(outcome));
    for (FailedTasks& failed : report.failures) failures.push_back(std::move(failed));
    for (KeptColumns& kept : report.columns) columns.push_back(std::move(kept));
    to_retry.insert(to_retry.end(), report.to_retry.begin(), report.to_retry.end());
    if (report.partial.empty()) return;
    ByteReader reader(report.partial);
    partial->merge_encoded(reader);
  }

  /// The only outcome of a task.
  const Outcome& outcome(std::uint64_t task) const {
    for (const Outcome& outcome : outcomes) {
      if (outcome.task.value() == task) return outcome;
    }
    throw std::out_of_range("no outcome of that task");
  }
  /// The encoded partial: the same bytes for the same tasks.
  Bytes bits() const {
    ByteWriter writer;
    partial->encode(writer);
    return writer.take();
  }
};

/// An executor and the main thread's side of it.
class Bench {
 public:
  explicit Bench(const Job& job, ExecutorOptions options = {})
      : reported(job), executor(job, options, [this] { wakeup_.notify(); }) {}
  Bench(const Job& job, std::unique_ptr<const Source> source, ExecutorOptions options)
      : reported(job), executor(job, std::move(source), options, [this] { wakeup_.notify(); }) {}

  void submit(TaskList tasks, std::uint32_t attempt = 1) {
    executor.submit({ChunkId(next_id_++), Attempt(attempt), std::move(tasks)});
  }
  /// Takes what there is, or waits for it for a moment.
  void take() {
    wakeup_.wait_for(std::chrono::milliseconds(20));
    for (Report& report : executor.take_reports()) reported.add(std::move(report));
  }
  void finish() {
    const auto start = std::chrono::steady_clock::now();
    while (!executor.idle()) {
      take();
      if (seconds_since(start) > 60) throw std::runtime_error("the executor does not finish");
    }
  }

 private:
  Wakeup wakeup_;  // before the executor, which calls it until its end
  std::uint64_t next_id_ = 0;

 public:
  Reported reported;
  Executor executor;
};

/// Runs all tasks of a job as one chunk.
inline Reported run_all(const Job& job, ExecutorOptions options = {}) {
  Bench bench(job, options);
  bench.submit({{0, job.size()}});
  bench.finish();
  return std::move(bench.reported);
}

}  // namespace fanfold::test
