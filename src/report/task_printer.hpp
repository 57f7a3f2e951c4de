// --print: what tasks write, whole and never mixed, on our own output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/task_set.hpp"
#include "job/job.hpp"
#include "report/terminal.hpp"
#include "run/run_options.hpp"

namespace fanfold {

/// Texts by task, in memory as long as they are few, and beyond that in a temporary file without a name.
class StoredOutputs {
 public:
  explicit StoredOutputs(std::size_t memory) : memory_(memory), file_(nullptr, std::fclose) {}

  bool empty() const { return places_.empty(); }
  std::uint64_t first() const { return places_.begin()->first; }
  bool has(std::uint64_t task) const { return places_.count(task) > 0; }

  struct Texts {
    std::string output;
    std::string errors;
  };
  /// Throws RunError if the file takes no more.
  void put(std::uint64_t task, Texts texts);
  /// Precondition: it has the task.
  Texts take(std::uint64_t task);

 private:
  struct Place {
    Texts texts;
    long offset = -1;  // in the file, output first; −1: in memory
    std::size_t output_bytes = 0;
    std::size_t errors_bytes = 0;
  };
  std::size_t memory_;  // that is left
  std::map<std::uint64_t, Place> places_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Watches a run for another observer, and prints what each task wrote when it has ended for good: at once,
/// or when all tasks before it have been printed.
class TaskPrinter final : public RunObserver {
 public:
  using Write = std::function<void(std::string_view)>;

  /// `output` and `errors` take what was written to standard output and standard error, one call for each
  /// text. The status line of the terminal makes room for it.
  TaskPrinter(RunPolicy::Print how, RunObserver& observer, std::shared_ptr<Terminal> terminal, Write output,
              Write errors);

  void on_start(std::uint64_t tasks, std::uint64_t finished) override;
  void on_tasks(const TaskSet& tasks) override;
  void on_report(const Report& report) override;
  void on_progress(const Snapshot& snapshot) override;
  /// Prints what waits for tasks that were not run.
  void on_end(const Snapshot& snapshot) override;

 private:
  void print(const StoredOutputs::Texts& texts);
  void print_in_order();

  const RunPolicy::Print how_;
  RunObserver& observer_;
  std::shared_ptr<Terminal> terminal_;
  const Write output_;
  const Write errors_;
  TaskSet ahead_;     // in order: tasks that are not printed …
  TaskSet finished_;  // … those of them that have ended …
  StoredOutputs stored_;
};

}  // namespace fanfold
