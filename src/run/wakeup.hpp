// How the main thread waits: until somebody wakes it, or until it must look again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fanfold {

/// A wake-up call that is remembered until it is heard. Any thread may call `notify`; one thread waits.
class Wakeup {
 public:
  void notify() {
    {
      const std::lock_guard lock(mutex_);
      if (called_) return;
      called_ = true;
    }
    condition_.notify_one();
  }

  /// Returns at once if there was a call since the last wait, else at the next call or after `longest`.
  void wait_for(std::chrono::nanoseconds longest) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, longest, [this] { return called_; });
    called_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool called_ = false;
};

}  // namespace fanfold
