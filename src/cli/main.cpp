// The program: finds the subcommand, runs it, prints what went wrong, picks the exit status.
#include <malloc.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_text.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/versions.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/simd_target.hpp"
#include "exec/kernel_process.hpp"
#include "job/diagnostic.hpp"

namespace fanfold {
namespace {

/// Of the ranks that a launcher started, one prints usage errors.
bool is_spokesman() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (const char* rank = std::getenv(name)) return std::string_view(rank) == "0";
  }
  return true;
}

void print_error(const char* message) {
  if (is_spokesman()) std::fprintf(stderr, "fanfold: %s\n", message);
}

/// Each line of a faulty job begins with its place, so that editors can jump there.
void print_diagnostics(const JobError& error) {
  if (is_spokesman()) std::fprintf(stderr, "%s\n", error.what());
}

std::vector<std::string> names_of_commands(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(program)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// "unknown option '--fersh'; did you mean '--fresh'?", and where to look further.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = program.get_subcommands();
  const CLI::App& command = chosen.empty() ? program : *chosen.front();
  const std::vector<std::string> unexpected = command.remaining();
  std::string message = error.what();
  if (!unexpected.empty()) {
    const std::string word = unexpected.front().substr(0, unexpected.front().find('='));
    if (word.starts_with('-')) {
      message = "unknown option '" + word + "'" + did_you_mean(word, names_of_options(command));
    } else if (chosen.empty()) {
      message = "unknown command '" + word + "'" + did_you_mean(word, names_of_commands(program));
    } else {
      message = "unexpected argument '" + word + "'";
    }
  }
  return message + "\ntry: fanfold " + (chosen.empty() ? "" : command.get_name() + " ") + "--help";
}

void add_commands(CLI::App& program, Action& action, std::vector<std::string> words) {
  add_init_command(program, action);
  add_check_command(program, action);
  add_run_command(program, action, words);
  add_submit_command(program, action, std::move(words));
  add_status_command(program, action);
  add_cancel_command(program, action);
  add_merge_command(program, action);
  add_doctor_command(program, action);
  add_results_command(program, action);
  add_output_command(program, action);
  add_explain_command(program, action);
  add_verify_command(program, action);
  add_kernels_command(program, action);
  add_help_command(program, action);
  add_completion_command(program, action);
  add_man_command(program, action);
}

/// An empty value is a variable of a script that is not set: the default in its place would surprise.
void refuse_empty_values(const CLI::App& program) {
  const CLI::App& command = *program.get_subcommands().front();
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;  // their commands say what they need
    for (const std::string& value : option->results()) {
      if (value.empty())
        throw UsageError(option->get_name() + ": its value is empty\ntry: fanfold " + command.get_name() +
                         " --help");
    }
  }
}

/// What was written to standard output, by whomever, and has not arrived, is an error.
void flush_standard_output() {
  const bool failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) != 0)
    throw RunError("cannot write to standard output: " + std::string(std::strerror(errno)));
  if (failed_before) throw RunError("cannot write to standard output");
}

ExitStatus run_program(int argc, char** argv) {
  CLI::App program("fanfold runs many independent tasks, defined in one file, over MPI ranks and threads.",
                   "fanfold");
  program.set_version_flag("--version", versions_text,
                           "Show the versions of fanfold and of what it is made of");
  program.set_help_flag("-h,--help", "Show this help");
  program.require_subcommand(1);
  use_help_text(program);
  Action action;
  add_commands(program, action, {argv, argv + argc});
  if (argc == 1) {
    if (is_spokesman()) std::fputs(short_help(program).c_str(), stderr);
    return ExitStatus::usage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    if (is_spokesman()) program.exit(help_or_version);
    flush_standard_output();
    return ExitStatus::success;
  } catch (const CLI::ParseError& error) {
    throw UsageError(usage_message(program, error));
  }
  refuse_empty_values(program);
  if (is_spokesman()) apply_simd_environment();  // the others: see run_command.cpp
  const ExitStatus status = action();
  flush_standard_output();
  return status;
}

}  // namespace
}  // namespace fanfold

int main(int argc, char** argv) {
  using fanfold::ExitStatus;
  // One heap for all threads: they allocate little, and hand what they allocate to other threads, which would
  // leave each thread's own heap full of holes.
  mallopt(M_ARENA_MAX, 1);
  // Given back, memory is soon needed again, and each new page costs a fault.
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  if (argc > 1 && std::string_view(argv[1]) == fanfold::isolated_kernel_command)
    return fanfold::serve_isolated_kernel(argc, argv);
  // Who starts us may ignore the ends of its children; we want to hear of those of ours.
  std::signal(SIGCHLD, SIG_DFL);
  // A file that reaches the size limit is an error like a full disk, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return static_cast<int>(fanfold::run_program(argc, argv));
  } catch (const fanfold::JobError& error) {
    fanfold::print_diagnostics(error);
    return static_cast<int>(error.status());
  } catch (const fanfold::Error& error) {
    fanfold::print_error(error.what());
    return static_cast<int>(error.status());
  } catch (const std::exception& error) {
    fanfold::print_error(error.what());
    return static_cast<int>(ExitStatus::resumable);
  }
}
