#include "cli/completion_script.hpp"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <vector>

#include "cli/command_text.hpp"
#include "cli/init_jobs.hpp"
#include "core/simd_target.hpp"
#include "exec/source.hpp"
#include "kernel/registry.hpp"

namespace fanfold {
namespace {

/// The functions that all commands share. `cur` is the word under the cursor, `words` what can stand there.
constexpr std::string_view head = R"bash(# bash completion for fanfold, made by `fanfold completion bash`.

_fanfold_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Folders, and files that end with one of the suffixes; any file without one.
_fanfold_files() {
  local cur=$1 suffix
  shift
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(
    compgen -d -- "$cur"
    for suffix in "$@"; do compgen -f -X "!*$suffix" -- "$cur"; done
    [ $# -gt 0 ] || compgen -f -- "$cur"
  )
}

_fanfold() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= word
  COMPREPLY=()
  # --keep=none is three words where = breaks words.
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$previous" = "=" ]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      -*) ;;
      *) command=$word; break ;;
    esac
  done
)bash";

constexpr std::string_view tail = R"bash(}

complete -F _fanfold fanfold
)bash";

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string words_action(const std::vector<std::string>& words) {
  return fmt::format("_fanfold_words '{}' \"$cur\"", joined(words));
}

std::string files_action(const std::vector<std::string>& suffixes) {
  std::string action = "_fanfold_files \"$cur\"";
  for (const std::string& suffix : suffixes) action += " " + suffix;
  return action;
}

std::vector<std::string> names_of_commands(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* const command : commands_of(program)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> names_of_kernels_and_sources() {
  std::vector<std::string> names = kernel_names();
  for (const SourceInfo* const info : source_registry()) names.push_back(info->name);
  return names;
}

std::vector<std::string> names_of_init_jobs() {
  std::vector<std::string> names;
  for (const InitJob& job : init_jobs()) names.emplace_back(job.kind);
  return names;
}

/// What can stand for an argument of a command.
std::string action_of_argument(const std::string& argument, const CLI::App& program) {
  if (argument == "job") return files_action({".toml"});
  if (argument == "run" || argument == "out") return files_action({".run"});
  if (argument == "name") return words_action(names_of_kernels_and_sources());
  if (argument == "command") return words_action(names_of_commands(program));
  if (argument == "shell") return words_action({"bash"});
  return files_action({});
}

/// What can stand behind an option; empty: a number or a text that nobody can guess.
std::string action_of_option(const std::string& option) {
  if (option == "run" || option == "adopt") return files_action({".run"});
  if (option == "commands" || option == "output") return files_action({});
  if (option == "kind") return words_action(names_of_init_jobs());
  if (option == "keep") return words_action({"auto", "all", "none"});
  if (option == "on-failure") return words_action({"continue", "stop"});
  if (option == "scheduler") return words_action({"slurm", "sge", "pbs", "lsf"});
  if (option == "launcher") return words_action({"mpirun", "srun"});
  if (option == "simd") return words_action(compiled_simd_targets());
  return ":";
}

/// Two cases: the options that take a value, and what each value can be.
std::string options_text(const CLI::App& command, std::vector<std::string>& flags) {
  std::string cases;
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* each) { return each->nonpositional(); })) {
    std::vector<std::string> names;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    flags.insert(flags.end(), names.begin(), names.end());
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    if (option->get_type_size() == 0) continue;
    const std::string key = option->get_lnames().empty() ? "" : option->get_lnames().front();
    cases += fmt::format("        {}) {}; return ;;\n", fmt::join(names, "|"), action_of_option(key));
  }
  return cases;
}

std::string command_text(const CLI::App& command, const CLI::App& program) {
  std::vector<std::string> flags;
  const std::string cases = options_text(command, flags);
  std::string text = fmt::format("    {})\n", command.get_name());
  if (!cases.empty()) text += "      case $previous in\n" + cases + "      esac\n";
  text += fmt::format("      case $cur in -*) {}; return ;; esac\n", words_action(flags));
  const auto arguments = command.get_options([](const CLI::Option* each) { return each->get_positional(); });
  if (!arguments.empty()) {
    text += "      " + action_of_argument(arguments.front()->get_single_name(), program) + "\n";
  }
  return text + "      ;;\n";
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::vector<std::string> first = names_of_commands(program);
  options_text(program, first);
  std::string text(head);
  text += "  case $command in\n";
  text += fmt::format("    '') {} ;;\n", words_action(first));
  for (const CLI::App* const command : commands_of(program)) text += command_text(*command, program);
  return text + "  esac\n" + std::string(tail);
}

}  // namespace fanfold
