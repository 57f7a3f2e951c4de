// Notices that a run file is no longer there while it is being written: the system lets a process write on
// into a file that was removed, and keeps nothing of it.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace fanfold {

/// Used by one thread.
class RunFileWatch {
 public:
  /// The file is there now, and is the right one.
  explicit RunFileWatch(const std::filesystem::path& run_file);

  /// Throws RunError if there is no file of that name any more, or another one. Whatever else keeps it from
  /// being seen (a network that is away) is no reason to stop.
  void check() const;

 private:
  std::filesystem::path run_file_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

}  // namespace fanfold
