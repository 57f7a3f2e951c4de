// Chunks: how tasks are handed out.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/task_set.hpp"

namespace fanfold {

/// Tasks handed to a rank in one message.
struct Chunk {
  ChunkId id;
  Attempt attempt{1};  ///< of all its tasks
  TaskList tasks;      ///< in the order in which they are to be started
  /// Not empty: the tasks are not to be run, they have failed, for this reason. The attempt has to be the
  /// last one.
  std::string set_aside = {};
  bool operator==(const Chunk&) const = default;
};

/// Some tasks of a chunk.
struct ChunkTasks {
  ChunkId chunk;
  TaskList tasks;
  bool operator==(const ChunkTasks&) const = default;
};

}  // namespace fanfold
