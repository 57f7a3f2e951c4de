// The tasks of a chunk, claimed from the front by threads and recalled from the back.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "job/chunk.hpp"

namespace fanfold {

/// Hands out the tasks of a chunk, each once. Any number of threads may call it at the same time.
///
/// A claim is one atomic addition. The first and the end of the unclaimed positions share one 64-bit word, so
/// that the addition returns both of the same moment and a recall, which moves the end, can never overlap a
/// claim.
class ChunkWork {
 public:
  explicit ChunkWork(Chunk chunk);

  ChunkId id() const { return chunk_.id; }
  Attempt attempt() const { return chunk_.attempt; }
  /// Why its tasks have failed and are not to be run; empty: they are.
  const std::string& set_aside() const { return chunk_.set_aside; }

  /// Takes up to `count` of the first unstarted tasks and appends them to `tasks`. Returns how many; 0: all
  /// are started.
  std::uint64_t claim(std::uint64_t count, TaskList& tasks);

  /// Takes up to `count` of the last unstarted tasks, in the order of the list.
  TaskList recall(std::uint64_t count);

  std::uint64_t unstarted() const;

 private:
  /// The tasks that one unit of the word stands for: 1, but for chunks of more than 2^31 tasks.
  std::uint64_t grain_ = 1;
  std::uint64_t size_ = 0;
  Chunk chunk_;
  std::vector<std::uint64_t> offsets_;       // the position of the first task of each range
  std::atomic<std::uint64_t> unclaimed_{0};  // end << 32 | first, in grains; first may pass end

  std::uint64_t position(std::uint64_t grain) const;
  void append_tasks(std::uint64_t begin, std::uint64_t end, TaskList& tasks) const;
};

/// Appends a range, merged with the last one if it follows it.
void append(TaskList& tasks, TaskRange range);

}  // namespace fanfold
