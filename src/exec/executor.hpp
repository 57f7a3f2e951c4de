// Runs the chunks of one rank on its two thread pools: threads retrieve, a kernel computes, partials are
// reduced.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "job/chunk.hpp"
#include "job/job.hpp"
#include "job/outcome.hpp"

namespace fanfold {

class Source;
struct Capacity;

struct ExecutorOptions {
  std::uint32_t compute_threads = 1;
  std::uint32_t io_threads = 1;       ///< to begin with; fewer if each task takes several slots
  std::uint32_t most_io_threads = 0;  ///< up to so many are tried; 0: as many as in the beginning
  std::uint32_t slots = 0;            ///< set by the executor: the I/O threads that it was given
  Rank rank;
  std::uint32_t ranks = 1;             ///< of the run
  double report_seconds = 0.1;         ///< finished parts of a chunk that goes on are reported this often
  std::uint32_t cpus = 0;              ///< that its tasks may use together; 0: one for each I/O thread
  std::uint64_t memory = 0;            ///< bytes that its tasks may reserve together
  std::vector<std::string> gpus = {};  ///< that they may use, by name
};

/// What tasks with a source share.
Capacity capacity_of(const ExecutorOptions& options);

/// The executing half of a worker. The main thread calls its functions; the pools are inside. Chunks are
/// executed in the order in which they came; within a chunk, tasks are started in the order of its list.
///
/// A job without a source runs on the compute threads only: each claims a range of the chunk by atomic
/// addition, fills the columns, runs the kernel, evaluates [values] and adds to a Partial of its own. A job
/// with a source runs each task on an I/O thread; if there is a kernel, the bytes wait for a compute thread,
/// at most a few per compute thread.
class Executor {
 public:
  /// `wake` is called from pool threads whenever there is something to take; it must be quick and
  /// thread-safe.
  /// The job must outlive the executor.
  Executor(const Job& job, ExecutorOptions options, std::function<void()> wake);
  /// The same with another source than the program has: `source` executes job.source.
  Executor(const Job& job, std::unique_ptr<const Source> source, ExecutorOptions options,
           std::function<void()> wake);
  /// Ends as `abandon` does, and joins all threads.
  ~Executor();

  /// Takes a chunk to execute.
  void submit(Chunk chunk);

  /// Parts of chunks that ended since the last call. A chunk whose last task ended is reported at once; parts
  /// of longer ones every `report_seconds`; tasks with a source within 100 ms of their end.
  std::vector<Report> take_reports();
  /// Tasks that are about to start, if the job's tasks are long (over 50 ms, or not yet measured). They wait
  /// for a moment until started_sent is called: if one of them kills the rank, it is to be known which it
  /// was.
  std::vector<ChunkTasks> take_started();
  void started_sent();

  /// Takes back up to `tasks` tasks that were not started, the last ones first.
  std::vector<ChunkTasks> recall(std::uint64_t tasks);

  /// How many more chunks it could take now so that no thread idles before an answer of the coordinator
  /// comes: one chunk ahead; more if chunks are shorter than `latency` seconds.
  std::uint32_t wanted_chunks(double latency) const;

  std::uint64_t unstarted() const;
  std::uint64_t running() const;
  /// No task is unstarted or running and every report was taken.
  bool idle() const;

  /// The run is being ended. Tasks whose programs are ended by a signal from now on, or were a moment ago,
  /// are reported as not run, and so are those that wait for their turn.
  void expect_end();

  /// Ends running sources and kernels as soon as possible; their tasks are not reported. What ended before
  /// can still be taken. Chunks that are submitted later are dropped.
  void abandon();

  /// Tasks that run at the same time: I/O threads with a source, which may be more or fewer later, else
  /// compute threads.
  std::uint32_t slots() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fanfold
