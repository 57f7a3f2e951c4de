// The program: finds the subcommand, runs it, prints what went wrong, picks the exit status.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "cli/commands.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/simd_target.hpp"
#include "core/version.hpp"
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

/// "fanfold: The following argument was not expected: rnu" with the nearest subcommand.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
  if (argc > 1 && program.get_subcommands().empty()) {
    const std::string word = argv[1];
    std::vector<std::string> names;
    for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    if (!word.empty() && word[0] != '-') {
      return "unknown command '" + word + "'" + did_you_mean(word, names) + "\ntry: fanfold --help";
    }
  }
  return std::string(error.what()) + "\ntry: fanfold --help";
}

ExitStatus run_program(int argc, char** argv) {
  CLI::App program("fanfold runs many independent tasks, defined in one file, over MPI ranks and threads.",
                   "fanfold");
  program.set_version_flag("--version", "fanfold " + version());
  program.require_subcommand(1);
  Action action;
  add_run_command(program, action, {argv, argv + argc});
  add_check_command(program, action);
  add_status_command(program, action);
  add_results_command(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    if (is_spokesman()) program.exit(help_or_version);
    return ExitStatus::success;
  } catch (const CLI::ParseError& error) {
    throw UsageError(usage_message(program, error, argc, argv));
  }
  apply_simd_environment();
  return action();
}

}  // namespace
}  // namespace fanfold

int main(int argc, char** argv) {
  using fanfold::ExitStatus;
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
