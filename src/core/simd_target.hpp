// Which SIMD instructions the kernels and expressions use.
#pragma once

#include <string>
#include <vector>

namespace fanfold {

/// The names of the targets that this build has and this CPU can run, best first, such as "AVX3_ZEN4", "AVX2", "SSE4".
std::vector<std::string> simd_targets();

/// The target in use.
std::string simd_target();

/// Chooses a target by name (case does not matter) for the rest of the process. Called before any kernel runs, by one
/// thread. Throws UsageError with the possible names if there is no such target.
void choose_simd_target(const std::string& name);

/// True if the target has a fused multiply-add: all of those give the same bits.
bool has_fused_multiply_add(const std::string& name);

}  // namespace fanfold
