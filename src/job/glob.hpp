// Files by pattern.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// The regular files that match, as paths relative to `folder` (absolute if the pattern is), in byte order.
///
/// In each part between slashes `*`, `?` and `[…]` match as in sh (a leading dot only if it is written); a
/// part `**` is any number of folders, none included; it does not follow links to folders. Throws UsageError
/// if a folder cannot be read.
std::vector<std::string> find_files(std::string_view pattern, const std::filesystem::path& folder);

}  // namespace fanfold
