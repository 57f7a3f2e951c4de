// The options that say which job is meant, and how it differs from its file: the same for every subcommand
// that reads one.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "job/job.hpp"

namespace fanfold {

struct JobOptions {
  std::string file;      ///< the job file; empty with `commands`
  std::string commands;  ///< --commands: a file of command lines instead
  std::optional<std::uint64_t> seed;
  std::vector<std::string> set;  ///< --set, as the user gave them: KEY=VALUE
};

/// The options live as long as the command.
void add_job_options(CLI::App& command, JobOptions& options);

/// Reads the job. `run`, `cluster`: keys of these sections that the command line gives, see JobOverrides;
/// `choose_level`: for which CPUs a kernel from source is compiled. Throws UsageError.
JobSource read_job(const JobOptions& options, std::vector<std::pair<std::string, std::string>> run = {},
                   std::vector<std::pair<std::string, std::string>> cluster = {},
                   const std::function<CpuLevel()>& choose_level = cpu_level);

/// What the job is called on the command line: the file, or --commands and the file.
std::string name_of_job(const JobOptions& options);

/// The file in which the job is recorded by default: its stem and ".run", in the current folder.
std::string default_run_file(const JobOptions& options);

}  // namespace fanfold
