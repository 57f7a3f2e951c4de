// The subcommands, one file each.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace fanfold {

/// What a chosen subcommand does; its result is the exit status of the program.
using Action = std::function<ExitStatus()>;

/// Adds a subcommand without options to the program. The one place that makes one: CLI11 is all inline, and a
/// file that makes a CLI::App compiles the whole library.
CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& description);

/// Each adds a subcommand with its options to the program, and sets `action` when the user has chosen it.
/// `words`: the whole command line, which `run -n` passes on to mpirun, and `submit` quotes.
void add_run_command(CLI::App& program, Action& action, std::vector<std::string> words);
void add_submit_command(CLI::App& program, Action& action, std::vector<std::string> words);
void add_check_command(CLI::App& program, Action& action);
void add_status_command(CLI::App& program, Action& action);
void add_cancel_command(CLI::App& program, Action& action);
void add_merge_command(CLI::App& program, Action& action);
void add_doctor_command(CLI::App& program, Action& action);
void add_results_command(CLI::App& program, Action& action);
void add_output_command(CLI::App& program, Action& action);
void add_explain_command(CLI::App& program, Action& action);
void add_verify_command(CLI::App& program, Action& action);
void add_kernels_command(CLI::App& program, Action& action);
void add_init_command(CLI::App& program, Action& action);
void add_help_command(CLI::App& program, Action& action);
void add_man_command(CLI::App& program, Action& action);
void add_completion_command(CLI::App& program, Action& action);

}  // namespace fanfold
