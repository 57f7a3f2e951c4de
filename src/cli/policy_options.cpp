#include "cli/policy_options.hpp"

#include <string_view>

namespace fanfold {
namespace {

struct PolicyFlag {
  const char* key;
  const char* flag;   ///< with what stands for no value in braces, as CLI11 writes it
  const char* value;  ///< what help calls it
  const char* help;
  const char* implied = nullptr;  ///< the value where the flag has none; null: it has one
};
constexpr PolicyFlag flags[] = {
    {"retries", "--retries", "N", "Further attempts of a failed task"},
    {"backoff", "--backoff", "TIME",
     "Rest before the second attempt, doubled before each further one (0.2s)"},
    {"backoff_limit", "--backoff-limit", "TIME", "The longest rest (1m)"},
    {"timeout", "--timeout", "TIME", "Time for one attempt of a task: 30s, 5m, 1.5h"},
    {"grace", "--grace", "TIME", "From SIGTERM to SIGKILL for programs whose time is over (2s)"},
    {"on_failure", "--on-failure", "WHAT", "continue (the default) or stop"},
    {"max_failures", "--max-failures", "LIMIT", "Stop when more tasks have failed: 10 or 5%"},
    {"keep", "--keep", "WHICH", "Per-task values of kernel-only tasks in the run file: auto, all or none"},
    {"output_limit", "--output-limit", "SIZE", "Of what a task writes, so much is recorded (1MiB)"},
    {"print", "--print{ended}", "[=WHEN]",
     "Print what tasks write: ended (as they end), order (of the tasks) or none", "ended"},
    {"memory", "--memory", "SIZE", "Memory of each node that tasks may reserve (all)"},
    {"io_threads", "--io-threads", "N", "Threads for sources on each rank"},
    {"compute_threads", "--compute-threads", "N", "Threads for kernels on each rank"},
    {"chunk", "--chunk", "N", "Tasks handed out at a time (default: by measured cost)"},
    {"walltime", "--walltime", "TIME", "Stop in time for this limit, so that the run can go on later"},
};

}  // namespace

PolicyOptions::PolicyOptions() : texts(std::size(flags)) {}

void add_policy_options(CLI::App& command, PolicyOptions& options, PolicySet set) {
  for (std::size_t i = 0; i < std::size(flags); ++i) {
    if (set == PolicySet::without_walltime && flags[i].key == std::string_view("walltime")) continue;
    CLI::Option* const option = flags[i].implied == nullptr
                                    ? command.add_option(flags[i].flag, options.texts[i], flags[i].help)
                                    : command.add_flag(flags[i].flag, options.texts[i], flags[i].help);
    option->type_name(flags[i].value)->group("Policy, instead of the job's [run]");
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
    const std::string_view flag = flags[i].flag;
    if (!options.texts[i].empty())
      words.push_back(std::string(flag.substr(0, flag.find('{'))) + "=" + options.texts[i]);
  }
  return words;
}

}  // namespace fanfold
