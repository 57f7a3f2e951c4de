// Which SIMD instructions the kernels and expressions use.
#pragma once

#include <string>
#include <vector>

namespace fanfold {

/// The names of the targets that this build has and this CPU can run, best first, such as "AVX3", "AVX2",
/// "SSE4". A choice does not shorten the list.
std::vector<std::string> simd_targets();

/// The names of all targets that this build has, best first, whatever this CPU can run.
std::vector<std::string> compiled_simd_targets();

/// The target in use.
std::string simd_target();

/// Chooses a target by name (case does not matter) for every dynamically dispatched function of the process,
/// from now on. Called before any kernel runs, by one thread. Throws UsageError with the possible names if
/// there is no such target.
void choose_simd_target(const std::string& name);

/// Chooses the target that the environment variable FANFOLD_SIMD names; without it, or when it is empty,
/// leaves the best one. Called by main first of all: a choice on the command line comes later, and so wins.
/// Throws UsageError as choose_simd_target does, naming the variable.
void apply_simd_environment();

/// True if the target has a fused multiply-add: all of those give the same bits. On x86: AVX2 and above have
/// it, SSSE3 and SSE4 have not. False for a name that is no target.
bool has_fused_multiply_add(const std::string& name);

}  // namespace fanfold
