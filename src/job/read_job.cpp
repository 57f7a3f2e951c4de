// Rank zero reads the job file and the inputs that it names; all other ranks are sent what it read.
#include <fmt/format.h>

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

std::string toml_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

JobSource read_job(const std::filesystem::path& file, const JobOverrides& overrides,
                   const ChooseCpuLevel& choose_level) {
  JobSource source;
  source.file = file.string();
  source.folder = folder_of(file);
  source.text = file == "-" ? read_standard_input() : read_file("the job file", file);
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
