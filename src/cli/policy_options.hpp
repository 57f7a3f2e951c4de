// The keys of [run] as options: the same for every subcommand that runs a job.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <utility>
#include <vector>

namespace fanfold {

/// The texts that the user gave, one for each key; empty where there was none.
struct PolicyOptions {
  PolicyOptions();
  std::vector<std::string> texts;
};

/// Where a batch system sets the walltime, nobody else does.
enum class PolicySet { all, without_walltime };

/// The options live as long as the command.
void add_policy_options(CLI::App& command, PolicyOptions& options, PolicySet set = PolicySet::all);

/// The keys of [run] that the command line gives; their values are checked where those of the file are.
std::vector<std::pair<std::string, std::string>> policy_of(const PolicyOptions& options);

/// The same as words of a command line: "--retries=2".
std::vector<std::string> words_of(const PolicyOptions& options);

}  // namespace fanfold
