// Errors in a job file, like a good compiler's: all of a file at once, each with its place and the nearest
// valid choice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace fanfold {

/// A place in a file: line and column count from 1, columns in characters (code points).
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;
  auto operator<=>(const Place&) const = default;
};

/// One thing that is wrong with a job.
struct Diagnostic {
  Place place;  ///< line 0: the file as a whole, or a command-line option
  std::string message;
};

/// One line for each diagnostic, in the order of the file: `pi.toml:7:1: unknown key …`.
std::string diagnostic_lines(std::string_view file, std::vector<Diagnostic> diagnostics);

/// A job that cannot be run. Its what() is diagnostic_lines.
class JobError : public UsageError {
 public:
  JobError(std::string_view file, std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace fanfold
