// A run file that begins with tasks of another one.
#pragma once

#include <filesystem>

#include "journal/moved_tasks.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// Creates the run file `path` with these tasks of the run file `from`, all of which have succeeded there:
/// their rows, output, repeated attempts and, if the header says that they are kept, values. They are of no
/// execution of the new run: 0. `state` is what they come to. Throws UsageError if there is such a file,
/// RunFileError if `from` cannot be read, RunError if the disk does not take it; a crash leaves the whole
/// file or none.
void create_with_adopted(const std::filesystem::path& path, const RunHeader& header, const RunState& state,
                         const std::filesystem::path& from, const MovedList& tasks);

}  // namespace fanfold
