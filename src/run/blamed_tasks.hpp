// Tasks that were blamed for the death of ranks, as the event log of a run file remembers them.
#pragma once

#include <filesystem>
#include <vector>

#include "journal/run_file.hpp"
#include "schedule/schedule.hpp"

namespace fanfold {

/// The event that records it.
Event blamed_event(const Schedule::Blame& blame);

/// What earlier executions recorded, in order; a later entry on a task replaces an earlier one. Nobody may
/// have the file open to write it. Throws RunFileError.
std::vector<Schedule::Blame> blamed_tasks(const std::filesystem::path& run_file);

}  // namespace fanfold
