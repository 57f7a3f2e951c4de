// The script that a batch system runs: the same for all of them, but for its directives and how it is queued
// again.
#pragma once

#include <string>
#include <vector>

#include "submit/submission.hpp"

namespace fanfold {

/// What the scripts of one batch system have of their own.
struct BatchScript {
  std::string prefix;                   ///< of a line that is a directive: "#SBATCH"
  std::vector<std::string> directives;  ///< in their order, without the prefix
  std::vector<std::string> prelude;     ///< lines of shell before everything else
  std::string part;                     ///< what stands for the number of this part of an array
  std::string beside;                   ///< shell that starts what runs beside the run, or empty
  /// Nobody warns the script before its time is over: the run is told how long it may take.
  bool tells_time = false;
  std::vector<std::string> again;  ///< lines of shell that have the script run again; the last ends it
};

/// The whole text of the script. The flags that the user passes through are the last directives, so that they
/// win.
std::string script_text(const Submission& submission, const BatchScript& script);

}  // namespace fanfold
