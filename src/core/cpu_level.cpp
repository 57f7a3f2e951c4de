#include "core/cpu_level.hpp"

#include <algorithm>
#include <string>

#include "core/simd_target.hpp"

namespace fanfold {
namespace {

CpuLevel level_of_cpu() {
#if defined(__x86_64__)
  const auto has = [](auto... supported) { return (supported && ...); };
#define FANFOLD_HAS(feature) (__builtin_cpu_supports(feature) != 0)
  if (!has(FANFOLD_HAS("sse4.2"), FANFOLD_HAS("popcnt"), FANFOLD_HAS("ssse3"))) return CpuLevel::baseline;
  // Every CPU with AVX2, FMA and BMI2 has the rest of the level (F16C, LZCNT, MOVBE).
  if (!has(FANFOLD_HAS("avx2"), FANFOLD_HAS("fma"), FANFOLD_HAS("bmi"), FANFOLD_HAS("bmi2")))
    return CpuLevel::v2;
  return has(FANFOLD_HAS("avx512f"), FANFOLD_HAS("avx512bw"), FANFOLD_HAS("avx512cd"),
             FANFOLD_HAS("avx512dq"), FANFOLD_HAS("avx512vl"))
             ? CpuLevel::v4
             : CpuLevel::v3;
#undef FANFOLD_HAS
#else
  return CpuLevel::baseline;
#endif
}

/// The level of a SIMD target of x86.
CpuLevel level_of_simd_target() {
  const std::string target = simd_target();
  if (target == "SSSE3" || target == "SSE4") return CpuLevel::v2;
  return target == "AVX2" ? CpuLevel::v3 : CpuLevel::v4;
}

}  // namespace

CpuLevel cpu_level() { return std::min(level_of_cpu(), level_of_simd_target()); }

std::string compiler_option(CpuLevel level) {
  switch (level) {
    case CpuLevel::baseline:
      return {};
    case CpuLevel::v2:
      return "-march=x86-64-v2";
    case CpuLevel::v3:
      return "-march=x86-64-v3";
    case CpuLevel::v4:
      return "-march=x86-64-v4";
  }
  return {};
}

}  // namespace fanfold
