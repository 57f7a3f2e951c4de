#include "core/module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "core/error.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

fs::path path_of(const std::string& file) {
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  // A program of the tests lies in a folder of the build folder.
  for (const fs::path& beside : {folder / file, folder.parent_path() / file}) {
    if (fs::exists(beside)) return beside;
  }
  return folder.parent_path() / FANFOLD_LIBRARY_FOLDER / file;
}

}  // namespace

void* find_in_module(const std::string& what, const std::string& file, const char* function,
                     ModuleSymbols symbols) {
  const fs::path path = path_of(file);
  void* const module =
      dlopen(path.c_str(), RTLD_NOW | (symbols == ModuleSymbols::global ? RTLD_GLOBAL : RTLD_LOCAL));
  if (module == nullptr) throw UsageError(fmt::format("cannot load {}: {}", what, dlerror()));
  void* const address = dlsym(module, function);
  if (address == nullptr)
    throw UsageError(fmt::format("'{}' is not fanfold's module for {}", path.string(), what));
  return address;
}

}  // namespace fanfold
