// What instructions a compiler may use: the levels of x86-64 that the psABI defines.
#pragma once

#include <cstdint>
#include <string>

namespace fanfold {

/// In ascending order; a CPU of a level runs what was compiled for those below it. Other architectures have
/// the baseline only.
enum class CpuLevel : std::uint8_t { baseline, v2, v3, v4 };

/// The level of this CPU, but none above the SIMD target in use (see simd_target.hpp).
CpuLevel cpu_level();

/// The option of a compiler: "-march=x86-64-v3"; empty for the baseline.
std::string compiler_option(CpuLevel level);

}  // namespace fanfold
