// Kernels that are not built in: a shared library that exports what <fanfold/kernel.h> says.
#pragma once

#include <fanfold/kernel.hpp>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct fanfold_kernel;

namespace fanfold {

/// Why a library cannot be used: "it was built for kernel API 1, this fanfold has 2".
class LibraryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A loaded library. It is never unloaded: what its code may have started or registered stays valid.
/// Immutable; its kernels may run on many threads at the same time.
class KernelLibrary {
 public:
  /// Loads a file. Throws LibraryError.
  static std::shared_ptr<const KernelLibrary> open(const std::filesystem::path& file);
  /// Loads the bytes of a file; they need no file system. Throws LibraryError.
  static std::shared_ptr<const KernelLibrary> load(std::string_view bytes);

  /// The kernels, in the library's order.
  const std::vector<std::unique_ptr<const Kernel>>& kernels() const { return kernels_; }

  /// The kernel of that name, or the only one if the name is empty. Throws LibraryError.
  const Kernel& find(std::string_view name) const;

 private:
  explicit KernelLibrary(const char* path);

  std::vector<std::unique_ptr<const Kernel>> kernels_;
};

}  // namespace fanfold
