// The libraries behind the run file.
#pragma once

#include <string>

namespace fanfold {

/// "3.40.1": of the library that is loaded.
std::string sqlite_version();
std::string zstd_version();

}  // namespace fanfold
