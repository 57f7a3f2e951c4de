// Told from other reasons why a run file cannot be used, for `verify`.
#pragma once

#include "journal/run_file.hpp"

namespace fanfold {

/// It is a run file, and not what was written.
class DamagedRunFile : public RunFileError {
 public:
  explicit DamagedRunFile(const std::string& message) : RunFileError(ExitStatus::usage, message) {}
};

}  // namespace fanfold
