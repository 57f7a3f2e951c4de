// Whole files as texts: job files and their inputs.
#pragma once

#include <filesystem>
#include <string>

namespace fanfold {

/// Throws UsageError: "cannot read WHAT 'data/urls.txt': No such file or directory".
std::string read_file(const std::string& what, const std::filesystem::path& file);

std::string read_standard_input();

}  // namespace fanfold
