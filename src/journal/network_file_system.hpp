// Where files are.
#pragma once

#include <filesystem>

namespace fanfold {

/// True if the path is on a file system that other hosts may share (NFS, Lustre, GPFS, BeeGFS, CIFS, FUSE …):
/// there SQLite's shared memory map does not work, and fcntl locks are not to be trusted.
bool on_network_file_system(const std::filesystem::path& path);

}  // namespace fanfold
