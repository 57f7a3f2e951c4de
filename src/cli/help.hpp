// Help on the terminal.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace fanfold {

/// The whole help of a command, or of the program.
std::string help_text(const CLI::App& command);

/// What a user sees who types the name of the program alone: the commands that one begins with.
std::string short_help(const CLI::App& program);

/// Makes `--help` of the program, and of the subcommands that are added from now on, print help_text.
void use_help_text(CLI::App& program);

}  // namespace fanfold
