// A mutex and a condition variable that Clang's thread-safety analysis understands (-Wthread-safety): a
// guarded member that is touched without its mutex is an error at compile time. Elsewhere the annotations are
// nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define FANFOLD_ANNOTATION(x) __attribute__((x))
#else
#define FANFOLD_ANNOTATION(x)
#endif

/// On a member: it may be touched by the holder of the mutex only.
#define FANFOLD_GUARDED_BY(mutex) FANFOLD_ANNOTATION(guarded_by(mutex))
/// On a function: the caller holds the mutex.
#define FANFOLD_REQUIRES(...) FANFOLD_ANNOTATION(requires_capability(__VA_ARGS__))
/// On a function: the caller does not hold the mutex.
#define FANFOLD_EXCLUDES(...) FANFOLD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace fanfold {

class FANFOLD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() FANFOLD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() FANFOLD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

/// Holds a mutex until the end of its block.
class FANFOLD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) FANFOLD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() FANFOLD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits for a change of what a mutex guards. A wait may end without a notification, so it stands in a loop
/// that tests the condition: `while (queue_.empty()) arrived_.wait(mutex_);`
class ConditionVariable {
 public:
  void wait(Mutex& mutex) FANFOLD_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False if the time came before a notification.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point time) FANFOLD_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool notified = condition_.wait_until(lock, time) == std::cv_status::no_timeout;
    lock.release();
    return notified;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace fanfold
