// Files that several tasks would write: each would take the place of the one before, and nobody would notice.
#pragma once

#include <vector>

#include "job/diagnostic.hpp"
#include "job/job.hpp"
#include "job/toml_document.hpp"

namespace fanfold {

/// What the user is warned of, in the order of the file: a file that `stdout`, `stderr` or `creates` names in
/// the same way for tasks that differ in a param, for neither that param nor {index}, a seed or {tmp} stands
/// in its name.
/// `root`: the document of the job.
std::vector<Diagnostic> shared_files(const Job& job, const TomlNode& root);

}  // namespace fanfold
