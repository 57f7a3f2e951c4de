// Keeps RUN.live up to date from a thread of its own: a slow disk must not delay the main thread.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "journal/live_file.hpp"

namespace fanfold {

/// Holds the right to write a run file for as long as it lives. Any thread may call `update`.
class LiveReporter {
 public:
  /// Throws UsageError if another process holds the right.
  explicit LiveReporter(const std::filesystem::path& run_file);
  ~LiveReporter();

  /// What the file says from its next renewal on.
  void update(const LiveStatus& status);

 private:
  void renew_until_stopped(std::stop_token stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  LiveStatus status_;
  LiveFile file_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace fanfold
