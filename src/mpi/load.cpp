#include "mpi/load.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "core/error.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

constexpr const char* module_name = "libfanfold_mpi.so";

/// Beside the program (a build folder), or in the library folder of the installation.
fs::path module_path() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path beside = program.parent_path() / module_name;
  if (fs::exists(beside)) return beside;
  return program.parent_path().parent_path() / FANFOLD_LIBRARY_FOLDER / module_name;
}

/// A function that the module exports. The module stays loaded.
template <typename Function>
Function* module_function(const char* name) {
  const fs::path path = module_path();
  // RTLD_GLOBAL: Open MPI's own plug-ins look for its symbols there.
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) throw UsageError(fmt::format("cannot load MPI: {}", dlerror()));
  void* const function = dlsym(module, name);
  if (function == nullptr) throw UsageError(fmt::format("'{}' is not fanfold's MPI module", path.string()));
  return reinterpret_cast<Function*>(function);
}

int environment_number(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace

bool started_by_mpi() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

std::unique_ptr<Transport> open_mpi_transport() {
  return std::unique_ptr<Transport>(module_function<decltype(fanfold_open_mpi)>("fanfold_open_mpi")());
}

std::string mpi_library_version() {
  const std::string text =
      module_function<decltype(fanfold_mpi_library_version)>("fanfold_mpi_library_version")();
  // Open MPI says who built it as well, behind a comma; MPICH has a line for that.
  return text.substr(0, text.find_first_of(",\n"));
}

LocalRanks local_ranks() {
  return {
      std::max(1, environment_number("OMPI_COMM_WORLD_LOCAL_SIZE", environment_number("MPI_LOCALNRANKS", 1))),
      std::max(0,
               environment_number("OMPI_COMM_WORLD_LOCAL_RANK", environment_number("MPI_LOCALRANKID", 0)))};
}

}  // namespace fanfold
