// {tmp}: a folder for one attempt.
#pragma once

#include <string>

namespace fanfold {

/// A new, empty folder in $TMPDIR or /tmp, for this user only. It goes with the object, and all that is in
/// it.
class TemporaryFolder {
 public:
  /// Throws std::runtime_error, which says where and why, if none can be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace fanfold
