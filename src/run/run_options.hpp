// What the command line says about one execution of a job.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/task_set.hpp"
#include "job/outcome.hpp"
#include "reduce/answer.hpp"
#include "run/failure_log.hpp"
#include "run/interrupt.hpp"
#include "run/snapshot.hpp"
#include "run/worker.hpp"

namespace fanfold {

struct RunOptions {
  std::filesystem::path run_file;
  bool fresh = false;              ///< replace the run file, if there is one
  bool retry_failed = false;       ///< run tasks again that failed in earlier executions
  std::optional<TaskRange> tasks;  ///< only these; none: all
  std::filesystem::path adopt;  ///< the run file of whose tasks those that are the same are adopted; or empty
  std::optional<TaskRange> adopt_within;  ///< only as these tasks; none: all
  bool rank_zero_works = true;
  Worker::ChooseThreads choose_threads;
  const InterruptGuard* interrupts =
      nullptr;  ///< signals that ask the run to end; none: it cannot be interrupted
  /// From SIGTERM on, tasks that run have this time: whoever sends it sends SIGKILL soon.
  std::chrono::duration<double> term_grace{20};
  /// When the time began that `walltime` limits: a launcher may have started the run before.
  std::chrono::system_clock::time_point began = std::chrono::system_clock::now();
  bool survives_losses = false;  ///< the ranks go on when one dies: silence is to be noticed soon
  bool restarted = false;        ///< by the launcher: what was blamed for deaths of ranks is remembered
  /// True: nobody waits for the answer any more. None: there is no launcher.
  std::function<bool()> launcher_is_gone;
};

/// Watches a run: shows progress. Called by the main thread of rank zero.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// The run is about to start: `finished` of `tasks` are in the run file already.
  virtual void on_start(std::uint64_t tasks, std::uint64_t finished) = 0;
  /// The tasks that will be run.
  virtual void on_tasks(const TaskSet& /*tasks*/) {}
  /// Tasks have ended; what they wrote is whole if the job's `print` asks for it. Not recorded yet.
  virtual void on_report(const Report& /*report*/) {}
  /// Called about ten times a second.
  virtual void on_progress(const Snapshot& snapshot) = 0;
  /// Tasks run no more; what follows is the answer.
  virtual void on_end(const Snapshot& snapshot) = 0;
};

/// What came of a run.
struct RunResult {
  ExitStatus status = ExitStatus::success;
  std::string stopped_by;                ///< why it was stopped early; empty if it was not
  std::uint64_t tasks = 0;               ///< N of the job, without `left_out`
  std::uint64_t selected = 0;            ///< tasks that were asked for
  std::uint64_t finished = 0;            ///< of all N, in all executions
  std::uint64_t failed = 0;              ///< of `finished`
  std::optional<std::uint64_t> adopted;  ///< of `finished`: taken from another run, where that was asked for
  std::uint64_t left_out = 0;  ///< found not to meet `where`, in all executions: they count as no tasks
  std::uint64_t executed = 0;  ///< in this execution
  std::uint64_t skipped = 0;   ///< of `executed`: not run, for the files that they make were there
  std::uint64_t retried = 0;   ///< attempts in this execution that failed and were repeated
  std::vector<LostRank> lost_ranks;
  std::uint64_t missing_ranks = 0;  ///< lost and not back: nobody is to wait for them
  bool nobody_left = false;         ///< all ranks but zero were lost, and it does not work or may not go on
  double seconds = 0;               ///< of this execution
  std::vector<reduce::Answer> answers;
  std::vector<FailureGroup> failures;  ///< of this execution
  std::uint64_t other_failures = 0;    ///< failed tasks that no group has
  std::vector<std::string> hosts;      ///< by rank
};

}  // namespace fanfold
