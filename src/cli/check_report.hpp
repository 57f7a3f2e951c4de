// What `check` says of a job: for people and for programs.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/task_set.hpp"
#include "job/diagnostic.hpp"
#include "job/job.hpp"

namespace fanfold {

/// A job that is right, and what the user wants to know of it.
struct CheckedJob {
  const Job& job;
  std::string name;      ///< on the command line
  std::string run_file;  ///< that a run would write
  TaskRange tasks;       ///< to be shown
  std::vector<Diagnostic> warnings;
};

/// Prints how many tasks, what runs, the axes, the tasks with their commands, and what a run would write. The
/// tasks may be many: they are printed one by one.
void print_check(const CheckedJob& checked, std::FILE* out);

/// The same as one object; no value is null.
nlohmann::ordered_json check_json(const CheckedJob& checked);

}  // namespace fanfold
