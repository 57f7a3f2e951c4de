// Connections to run files: how they are opened for their one writer and for readers, and what their errors
// mean.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "journal/network_file_system.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// True if the file is to be opened by one process alone.
bool exclusive(Sharing sharing, const std::filesystem::path& path);

/// Makes a complete, empty run file: `fill` writes what is in it from the first moment. The file appears
/// under its name at once and whole, or not at all. Throws UsageError if there is one, RunError if the disk
/// does not take it.
void create_run_file(const std::filesystem::path& path, const std::function<void(SQLite::Database&)>& fill);

/// Opens an existing run file to write. A commit on it is durable when it returns. Throws RunFileError.
std::unique_ptr<SQLite::Database> open_to_write(const std::filesystem::path& path, Sharing sharing);

/// Opens a run file to read, also while it is being written or after its writer was killed, also from a
/// folder where nothing can be written. Throws RunFileError.
std::unique_ptr<SQLite::Database> open_to_read(const std::filesystem::path& path, Sharing sharing);

/// What reading met, as the user should hear it.
RunFileError read_error(const std::filesystem::path& path, const SQLite::Exception& error);
RunFileError read_error(const std::filesystem::path& path, const DecodeError& error);

/// What writing met: throws RunError where the disk is to blame, RunFileError where the file is.
[[noreturn]] void throw_write_error(const std::filesystem::path& path, const SQLite::Database* database,
                                    const SQLite::Exception& error);

}  // namespace fanfold
