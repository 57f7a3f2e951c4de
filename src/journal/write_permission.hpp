// Whether a run file may be written where it is. Nothing runs if it may not.
#pragma once

#include <filesystem>
#include <optional>

#include "journal/run_file.hpp"

namespace fanfold {

/// The errno of what keeps this process from writing the run file, or files beside it; none if nothing is
/// known to.
std::optional<int> obstacle_to_writing(const std::filesystem::path& run_file);

/// True if this errno means that somebody has to give leave, and that trying again is of no use.
bool is_obstacle(int reason);

/// What the user should hear of it.
RunFileError unwritable(const std::filesystem::path& run_file, int reason);

}  // namespace fanfold
