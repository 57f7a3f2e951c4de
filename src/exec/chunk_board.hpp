// The chunks that a rank holds, from their arrival until the last of their tasks is reported.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "exec/chunk_work.hpp"
#include "exec/finished_part.hpp"
#include "exec/report_queue.hpp"

namespace fanfold {

/// A chunk on the board.
struct BoardChunk {
  BoardChunk(Chunk chunk, std::uint64_t arrival, const Job& job)
      : work(std::move(chunk)), number(arrival), pending(job) {}

  ChunkWork work;
  const std::uint64_t number;  ///< in the order of arrival
  Mutex mutex;
  FinishedPart pending FANFOLD_GUARDED_BY(mutex);  ///< ended, not reported
};
using BoardChunkPointer = std::shared_ptr<BoardChunk>;

/// A task that is to be run, and its chunk, which was entered for it.
struct TaskOfChunk {
  BoardChunkPointer chunk;
  TaskIndex task;
};

/// Tasks of one chunk, which was entered for each of them.
struct TasksOfChunk {
  BoardChunkPointer chunk;
  TaskList tasks;
};

/// For many threads. A thread enters a chunk, claims tasks of it, puts what ended into its `pending`, and
/// leaves it. When all tasks of a chunk are started and nobody is in it any more, the chunk is reported and
/// goes.
///
/// Locks are taken in the order: a pool's, a chunk's, the board's, the queue's.
class ChunkBoard {
 public:
  /// `on_low_stock` is called when the last chunk that nobody had entered was entered: time to ask for more.
  ChunkBoard(const Job& job, ReportQueue& reports, std::function<void()> on_low_stock);

  void submit(Chunk chunk) FANFOLD_EXCLUDES(mutex_);

  /// Waits for a chunk with unstarted tasks, the oldest first, and enters it. Null: the board is closed. The
  /// tasks may be gone when the caller claims them.
  BoardChunkPointer enter() FANFOLD_EXCLUDES(mutex_);
  /// The same, and claims its first tasks: up to `most`, but no more than leave as many for each of `takers`
  /// threads. Its `chunk` is null if the board is closed.
  TasksOfChunk enter_for_tasks(std::uint64_t most, std::uint32_t takers) FANFOLD_EXCLUDES(mutex_);
  /// The same without waiting. Its `chunk` is null if there is no unstarted task.
  TasksOfChunk try_enter_for_tasks(std::uint64_t most, std::uint32_t takers) FANFOLD_EXCLUDES(mutex_);
  /// Undoes `entries` of the calls that entered it.
  void leave(const BoardChunkPointer& chunk, std::uint32_t entries = 1) FANFOLD_EXCLUDES(mutex_);

  /// Reports what is pending of one chunk, or of all.
  void flush(BoardChunk& chunk) FANFOLD_EXCLUDES(chunk.mutex);
  void flush() FANFOLD_EXCLUDES(mutex_);

  /// Takes back up to `tasks` unstarted tasks, the last ones first.
  std::vector<ChunkTasks> recall(std::uint64_t tasks) FANFOLD_EXCLUDES(mutex_);

  /// Drops all chunks: what is not flushed is never reported. Threads that wait in `enter` return.
  void close() FANFOLD_EXCLUDES(mutex_);

  struct Stock {
    std::uint64_t unstarted = 0;     ///< tasks
    std::uint64_t whole_chunks = 0;  ///< that nobody has entered
    std::uint64_t inside = 0;        ///< how often chunks were entered and not left
    double mean_chunk = 0;           ///< tasks of the chunks that came lately; 0: none came
  };
  Stock stock() const FANFOLD_EXCLUDES(mutex_);
  /// No chunk is here.
  bool empty() const FANFOLD_EXCLUDES(mutex_);

 private:
  struct Entered {
    BoardChunkPointer chunk;
    std::uint32_t inside = 0;  // how often it was entered and not left
  };
  /// Sets `low` if the stock is low now.
  BoardChunkPointer enter_locked(bool& low) FANFOLD_REQUIRES(mutex_);
  BoardChunkPointer try_enter_locked(bool& low) FANFOLD_REQUIRES(mutex_);
  TasksOfChunk claim_locked(BoardChunkPointer chunk, std::uint64_t most, std::uint32_t takers)
      FANFOLD_REQUIRES(mutex_);
  void finish(const BoardChunkPointer& chunk) FANFOLD_EXCLUDES(mutex_);
  bool is_finished(const Entered& entered) const FANFOLD_REQUIRES(mutex_);
  void recall_whole(std::uint64_t& tasks, std::vector<ChunkTasks>& recalled) FANFOLD_REQUIRES(mutex_);

  const Job& job_;
  ReportQueue& reports_;
  std::function<void()> on_low_stock_;

  mutable Mutex mutex_;
  ConditionVariable arrived_;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::uint64_t arrivals_ FANFOLD_GUARDED_BY(mutex_) = 0;
  double mean_chunk_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::uint64_t inside_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::uint32_t waiting_ FANFOLD_GUARDED_BY(mutex_) = 0;  // threads

  // Chunks that nobody has entered, and the unstarted tasks of them. There may be thousands, which are not
  // looked through; entered ones are as few as threads.
  std::deque<BoardChunkPointer> whole_ FANFOLD_GUARDED_BY(mutex_);
  std::uint64_t whole_tasks_ FANFOLD_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, Entered> entered_ FANFOLD_GUARDED_BY(mutex_);  // by number
};

}  // namespace fanfold
