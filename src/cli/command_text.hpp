// What a command says of itself, taken from its options: for help, the manual page and completion alike.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace fanfold {

/// An option or an argument as people read it.
struct OptionText {
  std::string names;        ///< "-n, --ranks R"; of an argument "JOB"
  std::string description;  ///< with the default, if there is one: "… (default: job.toml)"
};

struct OptionGroup {
  std::string title;
  std::vector<OptionText> options;
};

/// In capitals, of ASCII.
std::string upper(std::string text);

/// "fanfold run [options] JOB"
std::string usage_of(const CLI::App& command);

/// The arguments that have no name on the command line, in their order.
std::vector<OptionText> arguments_of(const CLI::App& command);

/// The options by group, in the order in which they were added; those without a group of their own come last.
std::vector<OptionGroup> option_groups(const CLI::App& command);

/// The command lines of the footer, "Example: fanfold check jobs/pi.toml", one for each line of it.
std::vector<std::string> examples_of(const CLI::App& command);

/// All subcommands of the program, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& program);

/// The name of an option's value: "R" of "--ranks R"; empty for a flag.
std::string value_name(const CLI::Option& option);

}  // namespace fanfold
