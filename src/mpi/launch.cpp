#include "mpi/launch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "core/error.hpp"

namespace fanfold {
namespace {

/// True if a scheduler gave several hosts: then mpirun finds them, and the transport must cross the network.
bool has_allocation() {
  for (const char* name : {"SLURM_JOB_NODELIST", "PE_HOSTFILE", "PBS_NODEFILE", "LSB_HOSTS"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

void set_default(const char* name, const char* value) { setenv(name, value, /*overwrite=*/0); }

}  // namespace

void exec_mpirun(int ranks, const std::vector<std::string>& command) {
  std::vector<std::string> words{"mpirun",          "-n", std::to_string(ranks), "--bind-to", "none",
                                 "--oversubscribe", "-q"};
  words.insert(words.end(), command.begin(), command.end());

  // A start takes a third of the time when Open MPI need not look for networks; the user's own settings win.
  if (!has_allocation()) {
    set_default("OMPI_MCA_pml", "ob1");
    set_default("OMPI_MCA_btl", "self,vader,tcp");
  }
  if (geteuid() == 0) {
    set_default("OMPI_ALLOW_RUN_AS_ROOT", "1");
    set_default("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  throw UsageError(fmt::format("cannot start mpirun: {}", std::strerror(errno)));
}

}  // namespace fanfold
