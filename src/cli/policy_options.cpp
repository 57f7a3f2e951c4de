#include "cli/policy_options.hpp"

namespace fanfold {
namespace {

struct PolicyFlag {
  const char* key;
  const char* flag;
  const char* value;  ///< what help calls it
  const char* help;
};
constexpr PolicyFlag flags[] = {
    {"retries", "--retries", "N", "Further attempts of a failed task"},
    {"timeout", "--timeout", "TIME", "Time for one attempt of a task: 30s, 5m, 1.5h"},
    {"on_failure", "--on-failure", "WHAT", "continue (the default) or stop"},
    {"max_failures", "--max-failures", "LIMIT", "Stop when more tasks have failed: 10 or 5%"},
    {"keep", "--keep", "WHICH", "Per-task values of kernel-only tasks in the run file: auto, all or none"},
    {"io_threads", "--io-threads", "N", "Threads for sources on each rank"},
    {"compute_threads", "--compute-threads", "N", "Threads for kernels on each rank"},
    {"chunk", "--chunk", "N", "Tasks handed out at a time (default: by measured cost)"},
    {"walltime", "--walltime", "TIME", "Stop in time for this limit, so that the run can go on later"},
};

}  // namespace

PolicyOptions::PolicyOptions() : texts(std::size(flags)) {}

void add_policy_options(CLI::App& command, PolicyOptions& options) {
  for (std::size_t i = 0; i < std::size(flags); ++i) {
    command.add_option(flags[i].flag, options.texts[i], flags[i].help)
        ->type_name(flags[i].value)
        ->group("Policy, instead of the job's [run]");
  }
}

std::vector<std::pair<std::string, std::string>> policy_of(const PolicyOptions& options) {
  std::vector<std::pair<std::string, std::string>> policy;
  for (std::size_t i = 0; i < std::size(flags); ++i) {
    if (!options.texts[i].empty()) policy.emplace_back(flags[i].key, options.texts[i]);
  }
  return policy;
}

std::vector<std::string> words_of(const PolicyOptions& options) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::size(flags); ++i) {
    if (!options.texts[i].empty()) words.push_back(std::string(flags[i].flag) + "=" + options.texts[i]);
  }
  return words;
}

}  // namespace fanfold
