// Tasks that started, on their way from the pools to the main thread.
#pragma once

#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "exec/chunk_work.hpp"

namespace fanfold {

/// For many threads.
class StartedTasks {
 public:
  void add(ChunkId chunk, const TaskList& tasks) {
    const MutexLock lock(mutex_);
    if (started_.empty() || started_.back().chunk != chunk) started_.push_back({chunk, {}});
    for (const TaskRange& range : tasks) append(started_.back().tasks, range);
  }
  std::vector<ChunkTasks> take() {
    const MutexLock lock(mutex_);
    return std::exchange(started_, {});
  }

 private:
  Mutex mutex_;
  std::vector<ChunkTasks> started_ FANFOLD_GUARDED_BY(mutex_);
};

}  // namespace fanfold
