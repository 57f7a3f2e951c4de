// A limit for the answers of a server that does not keep to it itself.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "core/annotated_mutex.hpp"

namespace fanfold {

/// Shuts a socket down when an answer is overdue: whoever waits for it learns that the connection is lost.
/// Used by one thread, besides its own.
class AnswerWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit AnswerWatch(int socket);
  ~AnswerWatch();
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

  void begin(Time due) FANFOLD_EXCLUDES(mutex_);
  /// The answer is there. False: it came too late, the socket was shut down.
  bool end() FANFOLD_EXCLUDES(mutex_);

 private:
  void run() FANFOLD_EXCLUDES(mutex_);

  const int socket_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::optional<Time> due_ FANFOLD_GUARDED_BY(mutex_);
  bool was_late_ FANFOLD_GUARDED_BY(mutex_) = false;
  bool closed_ FANFOLD_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace fanfold
