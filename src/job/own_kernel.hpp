// Kernels of the user's own: [task] names them by a path, "./libheat.so:heat" or "heat.cpp".
#pragma once

#include <fanfold/kernel.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cpu_level.hpp"

namespace fanfold {

struct JobSource;
struct TomlNode;

/// The input of a JobSource that holds an OwnKernel.
inline constexpr const char* own_kernel_input = "task.kernel";

/// What a job needs to know of a kernel of the user's own to be checked, without loading it: it is kept in
/// the run file.
struct OwnKernel {
  std::string named;    ///< as [task] names it
  std::string content;  ///< hash of the library; of a kernel from source, of what was compiled and the flags
  KernelInfo info;
};
std::string encode_own_kernel(const OwnKernel& kernel);
/// Throws DecodeError.
OwnKernel decode_own_kernel(std::string_view bytes);

/// What was read of the job's kernel, if it is the user's own and could be read.
std::optional<OwnKernel> own_kernel_of(const JobSource& source);

/// A name that is a path.
struct KernelPath {
  std::string file;  ///< "./libheat.so"
  std::string name;  ///< "heat", or empty
  bool is_source = false;
};
/// True if the text names a kernel of the user's own: no built-in kernel has a dot or a slash in its name.
bool is_kernel_path(std::string_view text);
KernelPath parse_kernel_path(std::string_view text);

/// For which CPUs a kernel is compiled. Called only if one is compiled.
using ChooseCpuLevel = std::function<CpuLevel()>;

/// Loads, and if need be compiles, the kernel of the user's own that [task] names, and puts it into the
/// source. What is wrong is put there too; open_job reports it.
void read_own_kernel(const TomlNode& root, JobSource& source, const ChooseCpuLevel& choose_level);

}  // namespace fanfold
