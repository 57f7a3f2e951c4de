// --fresh: an old run file makes room for a new one, and comes back if that cannot be made.
#pragma once

#include <filesystem>

namespace fanfold {

/// A run file that is to be replaced. The caller holds the right to write it (LiveFile).
class ReplacedRun {
 public:
  /// Puts the file aside under another name in its folder. Throws RunFileError if it is no run file of
  /// fanfold.
  explicit ReplacedRun(const std::filesystem::path& path);
  /// Puts it back, unless it was removed.
  ~ReplacedRun();
  ReplacedRun(const ReplacedRun&) = delete;
  ReplacedRun& operator=(const ReplacedRun&) = delete;

  /// The new file is there: the old one goes.
  void remove();

 private:
  std::filesystem::path path_;
  std::filesystem::path aside_;
  bool is_aside_ = false;
};

}  // namespace fanfold
