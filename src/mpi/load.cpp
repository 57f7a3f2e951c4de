#include "mpi/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/module.hpp"
#include "job/template.hpp"

namespace fanfold {
namespace {

/// A function that the module exports. Open MPI's own plug-ins look for its symbols.
template <typename Function>
Function* mpi_function(const char* name) {
  return module_function<Function>("MPI", "libfanfold_mpi.so", name, ModuleSymbols::global);
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

bool survives_losses() { return environment_number("OMPI_MCA_orte_enable_recovery", 0) != 0; }

std::unique_ptr<Transport> open_mpi_transport() {
  return std::unique_ptr<Transport>(mpi_function<decltype(fanfold_open_mpi)>("fanfold_open_mpi")());
}

std::string mpi_library_version() {
  const std::string text =
      mpi_function<decltype(fanfold_mpi_library_version)>("fanfold_mpi_library_version")();
  // Open MPI says who built it as well, behind a comma; MPICH has a line for that.
  return text.substr(0, text.find_first_of(",\n"));
}

std::string mpirun_command_line() {
  std::ifstream file("/proc/" + std::to_string(getppid()) + "/cmdline");
  std::string line;
  for (std::string word; std::getline(file, word, '\0');) {
    if (line.empty()) {
      const std::string program = std::filesystem::path(word).filename();
      if (program != "mpirun" && program != "mpiexec" && program != "orterun") return {};
    }
    line += (line.empty() ? "" : " ") + quote_for_shell(word);
  }
  return line;
}

LocalRanks local_ranks() {
  return {
      std::max(1, environment_number("OMPI_COMM_WORLD_LOCAL_SIZE", environment_number("MPI_LOCALNRANKS", 1))),
      std::max(0,
               environment_number("OMPI_COMM_WORLD_LOCAL_RANK", environment_number("MPI_LOCALRANKID", 0)))};
}

}  // namespace fanfold
