// Connections to run files: how they are opened for their one writer and for readers, and what their errors
// mean.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <memory>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "journal/network_file_system.hpp"
#include "journal/run_file.hpp"

namespace fanfold {

/// True if the file is to be opened by one process alone.
bool exclusive(Sharing sharing, const std::filesystem::path& path);

/// Opens an existing run file to write. A commit on it is durable when it returns. Throws RunFileError, or
/// RunError if the disk is full.
std::unique_ptr<SQLite::Database> open_to_write(const std::filesystem::path& path, Sharing sharing);

/// Opens a run file to read, also while it is being written or after its writer was killed, also from a
/// folder where nothing can be written. Throws RunFileError.
std::unique_ptr<SQLite::Database> open_to_read(const std::filesystem::path& path, Sharing sharing);

/// What reading met, as the user should hear it: throws RunFileError, of which DamagedRunFile is one.
[[noreturn]] void throw_read_error(const std::filesystem::path& path, const SQLite::Exception& error);
[[noreturn]] void throw_read_error(const std::filesystem::path& path, const DecodeError& error);

/// A disk that takes no more: ENOSPC or EDQUOT.
RunError full_disk_error(const std::filesystem::path& path, int reason);

/// What writing met: throws RunError where the disk is to blame, RunFileError where the file is.
[[noreturn]] void throw_write_error(const std::filesystem::path& path, const SQLite::Database* database,
                                    const SQLite::Exception& error);

}  // namespace fanfold
