// What a shell completes behind `fanfold`.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace fanfold {

/// A script for bash (4.4 or later; nothing else is needed) that completes commands, options and their
/// values, job files, run files and kernels.
std::string bash_completion(const CLI::App& program);

}  // namespace fanfold
