// What this program is made of.
#pragma once

#include <string>

namespace fanfold {

/// What --version prints: fanfold's version, then a line for each of what it runs on: MPI (which is loaded
/// for this, not started), the SIMD targets, the libraries. Throws UsageError if FANFOLD_SIMD is wrong.
std::string versions_text();

}  // namespace fanfold
