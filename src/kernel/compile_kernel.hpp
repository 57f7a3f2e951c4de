// Kernels from source: compiled by the system's compiler, and kept in a cache.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/cpu_level.hpp"

namespace fanfold {

/// Why a source could not be compiled; what() is what the compiler wrote, as it wrote it.
class CompileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct KernelSource {
  std::filesystem::path file;      ///< absolute; .c is C, all else C++
  std::vector<std::string> flags;  ///< of the job, behind ours
  CpuLevel level = CpuLevel::baseline;
};

struct CompiledKernel {
  std::filesystem::path library;  ///< in the cache
  std::string
      content;  ///< the source, the headers beside it that it includes, and the flags: all that was given
};

/// Compiles a source, unless the cache has the result for the same contents, compiler and flags. Throws
/// CompileError.
///
/// The compiler is $CXX or c++ (of C sources $CC or cc), with -O3, -ffp-contract=off, the level's -march, and
/// the job's flags. The cache is $XDG_CACHE_HOME/fanfold/kernels, or ~/.cache/fanfold/kernels; it may be
/// removed at any time. Several processes may compile the same source at the same time.
CompiledKernel compile_kernel(const KernelSource& source);

/// The folder of the cache.
std::filesystem::path kernel_cache();

}  // namespace fanfold
