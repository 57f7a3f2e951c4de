// Errors that end the command. What a task does wrong is not among them: that is a value in its outcome.
#pragma once

#include <stdexcept>
#include <string>

namespace fanfold {

/// The exit statuses of the program.
enum class ExitStatus : int {
  success = 0,    ///< all tasks succeeded
  failures = 1,   ///< the run ended, or was stopped by its failure policy, with failures
  usage = 2,      ///< a usage or config error: nothing ran
  resumable = 75  ///< stopped early; the same command goes on (EX_TEMPFAIL of sysexits.h)
};

/// Ends the command. Printed at one place, src/cli/main.cpp, which exits with `status`.
class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
  ExitStatus status() const { return status_; }

 private:
  ExitStatus status_;
};

/// The user gave something that cannot be run: nothing ran.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitStatus::usage, message) {}
};

/// Something outside failed (a disk, a launcher) while the run was under way; what was committed is intact.
class RunError : public Error {
 public:
  explicit RunError(const std::string& message) : Error(ExitStatus::resumable, message) {}
};

}  // namespace fanfold
