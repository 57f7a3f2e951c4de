// Rank zero reads the job file and the inputs that it names; all other ranks are sent what it read.
#include <fmt/format.h>

#include <algorithm>

#include "core/nearest.hpp"
#include "job/own_kernel.hpp"
#include "job/read_file.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

std::string folder_of(const std::filesystem::path& file) {
  if (file == "-") return std::filesystem::current_path().string();
  return std::filesystem::absolute(file).lexically_normal().parent_path().string();
}

void add_inputs(JobSource& source, const ChooseCpuLevel& choose_level) {
  try {
    TomlDocument document(source.text);
    apply_settings(source.overrides.set, {}, nullptr, document.root());
    source.inputs = read_inputs(document.root(), source.folder, source.file);
    read_own_kernel(document.root(), source, choose_level);
  } catch (const TomlError&) {
    // open_job says what is wrong with the text.
  }
}

/// The job file in the same folder whose name, up to its extension, is nearest to that of one that is not
/// there, for a message.
std::string nearest_job(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::vector<std::string> stems;
  for (fs::directory_iterator each(folder, failed), end; !failed && each != end; each.increment(failed)) {
    if (each->path().extension() == ".toml") stems.push_back(each->path().stem().string());
  }
  std::ranges::sort(stems);
  const std::string stem(nearest(file.stem().string(), stems));
  if (stem.empty()) return {};
  return fmt::format("; did you mean '{}'?", (file.parent_path() / (stem + ".toml")).string());
}

std::string read_job_file(const std::filesystem::path& file) {
  try {
    return read_file("the job file", file);
  } catch (const UsageError& error) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) throw;
    throw UsageError(error.what() + nearest_job(file));
  }
}

/// What is easily given for a job file.
void refuse_other_files(const std::string& file, std::string_view text) {
  if (text.starts_with("SQLite format 3"))
    throw UsageError(fmt::format("'{}' is a run file: give the job file, and the run goes on", file));
}

}  // namespace

JobSource read_job(const std::filesystem::path& file, const JobOverrides& overrides,
                   const ChooseCpuLevel& choose_level) {
  JobSource source;
  source.file = file.string();
  source.folder = folder_of(file);
  source.text = file == "-" ? read_standard_input() : read_job_file(file);
  refuse_other_files(source.file, source.text);
  source.overrides = overrides;
  add_inputs(source, choose_level);
  return source;
}

JobSource read_commands(const std::string& file, const JobOverrides& overrides) {
  JobSource source;
  source.file = file;
  source.folder = std::filesystem::current_path().string();
  const std::string name = file == "-" ? "commands" : std::filesystem::path(file).stem().string();
  source.text = fmt::format(
      "name = {}\n\n[params]\ncommand = {{ lines = {} }}\n\n[task]\nshell = \"{{command:raw}}\"\n",
      toml_string(name), toml_string(file));
  source.overrides = overrides;
  source.overrides.commands = true;
  JobSource::Input commands("params.command",
                            file == "-" ? read_standard_input() : read_file("the command lines", file));
  if (commands.data->find_first_not_of(" \t\r\n") == std::string::npos) {
    throw UsageError(fmt::format("--commands {}: no line is a command", file));
  }
  source.inputs.push_back(std::move(commands));
  return source;
}

}  // namespace fanfold
