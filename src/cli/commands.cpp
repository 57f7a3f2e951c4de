#include "cli/commands.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace fanfold {

CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& description) {
  return program.add_subcommand(name, description);
}

}  // namespace fanfold
