#include "mpi/mpirun_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace fanfold {

std::vector<std::string> mpirun_words(int ranks, const std::vector<Host>& hosts,
                                      const std::vector<std::string>& command) {
  std::vector<std::string> words{"mpirun",          "-n", std::to_string(ranks), "--bind-to", "none",
                                 "--oversubscribe", "-q"};
  if (!hosts.empty()) words.insert(words.end(), {"--host", to_text(hosts)});
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

std::vector<std::pair<std::string, std::string>> mpirun_settings(bool one_host) {
  std::vector<std::pair<std::string, std::string>> settings{
      // Without this, mpirun kills all ranks when one dies.
      {"OMPI_MCA_orte_enable_recovery", "1"},
      // Through shared memory, a rank waits for ever for one that died in the middle of a message. Not
      // looking
      // for other networks makes a start three times as fast.
      {"OMPI_MCA_pml", "ob1"},
      {"OMPI_MCA_btl", "self,tcp"},
      // A host whose link was cut is known after 6 s, on both sides.
      {"OMPI_MCA_oob_tcp_keepalive_time", "3"},
      {"OMPI_MCA_oob_tcp_keepalive_intvl", "1"},
      {"OMPI_MCA_oob_tcp_keepalive_probes", "3"},
  };
  // By default, Open MPI does not use the loopback interface, which is there without a network as well.
  if (one_host) settings.emplace_back("OMPI_MCA_btl_tcp_if_include", "lo");
  if (geteuid() == 0) {
    settings.emplace_back("OMPI_ALLOW_RUN_AS_ROOT", "1");
    settings.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
  std::erase_if(settings, [](const auto& setting) { return std::getenv(setting.first.c_str()) != nullptr; });
  return settings;
}

std::vector<std::string> command_to_go_on(const std::vector<std::string>& command, bool rank_zero_works) {
  std::vector<std::string> words;
  std::ranges::copy_if(command, std::back_inserter(words),
                       [](const std::string& word) { return word != "--fresh" && word != "--retry-failed"; });
  if (!rank_zero_works && std::ranges::find(words, "--coordinate-only") == words.end())
    words.emplace_back("--coordinate-only");
  return words;
}

}  // namespace fanfold
