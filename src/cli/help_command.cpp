// fanfold help: the help of the program or of one command, as its --help prints it.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_text.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "core/nearest.hpp"

namespace fanfold {
namespace {

const CLI::App& command_named(const std::string& name, const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* const command : commands_of(program)) {
    if (command->get_name() == name) return *command;
    names.push_back(command->get_name());
  }
  throw UsageError(
      fmt::format("unknown command '{}'{}\ntry: fanfold --help", name, did_you_mean(name, names)));
}

}  // namespace

void add_help_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "help", "Show the help of a command");
  const auto name = std::make_shared<std::string>();
  command->add_option("command", *name, "The command; without it, the list of all");
  command->footer("Example: fanfold help run");
  command->callback([name, &program, &action] {
    action = [name, &program] {
      const CLI::App& wanted = name->empty() ? program : command_named(*name, program);
      std::fputs(help_text(wanted).c_str(), stdout);
      return ExitStatus::success;
    };
  });
}

}  // namespace fanfold
