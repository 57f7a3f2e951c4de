// Making run files: whole from the first moment, or not at all.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <functional>

namespace fanfold {

/// Makes a complete, empty run file: `fill` writes what is in it from the first moment. The file appears
/// under its name at once and whole, with some room left on the disk for its first use, or not at all. Throws
/// UsageError if there is one, RunFileError if its folder may not be written, RunError if the disk does not
/// take it.
void create_run_file(const std::filesystem::path& path, const std::function<void(SQLite::Database&)>& fill);

/// Throws RunFileError if the file is anything but a run file of fanfold, which may be damaged or of a newer
/// version, or empty: what is not ours is not to be replaced. No file at all is fine.
void check_replaceable(const std::filesystem::path& path);

}  // namespace fanfold
