#include "journal/versions.hpp"

#include <sqlite3.h>
#include <zstd.h>

namespace fanfold {

std::string sqlite_version() { return sqlite3_libversion(); }

std::string zstd_version() { return ZSTD_versionString(); }

}  // namespace fanfold
