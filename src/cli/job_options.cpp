#include "cli/job_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <limits>

#include "core/error.hpp"

namespace fanfold {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::pair<std::string, std::string> key_and_value(const std::string& word) {
  const std::size_t equals = word.find('=');
  std::string key = equals == std::string::npos ? "" : trimmed(word.substr(0, equals));
  if (key.empty())
    throw UsageError(fmt::format("--set: expected KEY=VALUE, as in --set samples=100, not '{}'", word));
  return {std::move(key), trimmed(word.substr(equals + 1))};
}

/// Empty if the text is a seed, else what it must be.
std::string check_seed(const std::string& text) {
  std::int64_t value = -1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc() && end == last && value >= 0) return {};
  return fmt::format("must be an integer from 0 to {}, not '{}'", std::numeric_limits<std::int64_t>::max(),
                     text);
}

}  // namespace

void add_job_options(CLI::App& command, JobOptions& options) {
  constexpr const char* group = "The job";
  command.add_option("job", options.file, "The job file");
  command
      .add_option("--commands", options.commands,
                  "Instead of a job file: a file of command lines, each a task (- is standard input)")
      ->type_name("FILE")
      ->group(group);
  command
      .add_option("--set", options.set, "Instead of what [task] or [params] have: samples=100, 'x=[1, 2]'")
      ->expected(1)
      ->allow_extra_args(false)  // else the job behind it would be one more
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("KEY=VALUE")
      ->group(group);
  command.add_option("--seed", options.seed, "Instead of the job's seed")
      ->check(check_seed)
      ->type_name("S")
      ->group(group);
}

JobSource read_job(const JobOptions& options, std::vector<std::pair<std::string, std::string>> run,
                   std::vector<std::pair<std::string, std::string>> cluster,
                   const std::function<CpuLevel()>& choose_level) {
  if (options.file.empty() && options.commands.empty())
    throw UsageError("which job? Give a job file, or --commands FILE");
  if (!options.file.empty() && !options.commands.empty()) {
    throw UsageError(fmt::format("give a job file or --commands, not both: '{}' and '{}'", options.file,
                                 options.commands));
  }
  JobOverrides overrides;
  overrides.seed = options.seed;
  overrides.run = std::move(run);
  overrides.cluster = std::move(cluster);
  for (const std::string& word : options.set) overrides.set.push_back(key_and_value(word));
  return options.commands.empty() ? read_job(options.file, overrides, choose_level)
                                  : read_commands(options.commands, overrides);
}

std::string name_of_job(const JobOptions& options) {
  return options.commands.empty() ? options.file : "--commands " + options.commands;
}

std::string default_run_file(const JobOptions& options) {
  if (options.file == "-") return "job.run";
  if (options.commands == "-") return "commands.run";
  const std::string& file = options.commands.empty() ? options.file : options.commands;
  return std::filesystem::path(file).stem().string() + ".run";
}

}  // namespace fanfold
