// Names and keys of a job that change nothing: likely mistakes, and no errors.
#pragma once

#include <vector>

#include "job/diagnostic.hpp"
#include "job/job.hpp"
#include "job/toml_document.hpp"

namespace fanfold {

/// What the user is warned of, in the order of the file:
/// - a param that no template, expression, kernel or reduction uses. An axis 0, 1, 2 … is excused where tasks
/// may
///   well differ in nothing else: unless programs run that are told neither {index} nor a seed.
/// - a key of [run] without effect on a job of this kind, in the file or on the command line.
/// `root`: the document of `source`.
std::vector<Diagnostic> unused_names(const Job& job, const JobSource& source, const TomlNode& root);

}  // namespace fanfold
