#include "exec/program_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <variant>

#include "exec/cpu_affinity.hpp"
#include "exec/plain_command.hpp"
#include "exec/spawn.hpp"

namespace fanfold {
namespace {

constexpr std::size_t excerpt_bytes = 60;

bool reads_output(const Job& job) {
  if (job.kernel && job.kernel->kernel->info().takes_input) return true;
  return std::any_of(job.values.begin(), job.values.end(), [](const ValueSpec& value) {
    return !std::holds_alternative<expr::Program>(value.how);
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// Why it failed; empty if it did not.
std::string failure_of(const ChildEnd& end, bool success) {
  if (!end.not_started.empty()) return end.not_started;
  if (end.signal != 0) return fmt::format("killed by signal {} ({})", end.signal, name_of_signal(end.signal));
  return success ? "" : fmt::format("exit code {}", end.exit_code);
}

}  // namespace

ProgramSource::ProgramSource(const Job& job, Form form)
    : spec_(*job.source),
      form_(form),
      folder_(job.folder),
      working_folder_(spec_.find("cwd")),
      input_(spec_.find("stdin")),
      success_{0},
      environment_(spec_.find("env")),
      cpus_(cpus_for_children()),
      uses_value_(job.uses_value),
      uses_output_(reads_output(job)) {
  if (const SourceArgument* success = spec_.find("success")) success_ = success->integers;
}

Retrieved ProgramSource::retrieve(const Retrieval& retrieval) const {
  ChildEnd end = run(retrieval);
  Retrieved retrieved;
  retrieved.exit_code = end.exit_code;
  retrieved.signal = end.signal;
  retrieved.error = failure_of(end, is_success(end.exit_code));
  if (!retrieved.error.empty()) retrieved.status = Status::failed;
  if (end.timed_out) {
    retrieved.status = Status::timed_out;
    retrieved.error = fmt::format("timed out after {} s", retrieval.timeout->count());
  }
  retrieved.output = std::move(end.output);
  retrieved.errors = std::move(end.errors);
  if (retrieved.status == Status::succeeded && uses_output_ && end.left_out != 0) {
    retrieved.status = Status::failed;
    retrieved.error =
        fmt::format("its standard output is longer than {} MiB", ChildProgram().output_limit >> 20);
  }
  if (retrieved.status == Status::succeeded) read_value(retrieved);
  return retrieved;
}

std::string ProgramSource::obstacle(const TemplateContext& context) const {
  const auto is_unknown = [](const SourceArgument* argument) {
    return argument != nullptr && argument->templates.front().second.depends_on_execution();
  };
  const bool names_program = form_ == Form::arguments;
  if (is_unknown(working_folder_) || (names_program && is_unknown(&spec_.arguments.front()))) return {};
  return obstacle_to_spawn(program_of({context, {}, {}}));
}

/// A program that cannot be started directly is left to sh, so that message and exit code are sh's.
ChildEnd ProgramSource::run(const Retrieval& retrieval) const {
  const ChildProgram program = program_of(retrieval);
  if (form_ == Form::arguments) return run_child(program, groups_);
  if (std::optional<std::vector<std::string>> words = plain_command(program.arguments.back())) {
    ChildProgram direct = program;
    direct.arguments = std::move(*words);
    ChildEnd end = run_child(direct, groups_);
    if (end.not_started.empty()) return end;
  }
  return run_child(program, groups_);
}

ChildProgram ProgramSource::program_of(const Retrieval& retrieval) const {
  ChildProgram program;
  if (form_ == Form::command_line) program.arguments = {"/bin/sh", "-c"};
  for (const auto& [name, text] : spec_.arguments.front().templates) {
    program.arguments.push_back(text.render(retrieval.context));
  }
  program.environment = environment_.of(retrieval.context);
  program.folder = folder_;
  if (working_folder_ != nullptr) {
    const std::string relative = working_folder_->templates.front().second.render(retrieval.context);
    program.folder = (std::filesystem::path(folder_) / relative).string();
  }
  if (input_ != nullptr) program.input = input_->templates.front().second.render(retrieval.context);
  program.timeout = retrieval.timeout;
  program.cpus = cpus_;
  return program;
}

bool ProgramSource::is_success(int exit_code) const {
  return std::find(success_.begin(), success_.end(), exit_code) != success_.end();
}

void ProgramSource::read_value(Retrieved& retrieved) const {
  const std::optional<double> value = number_in(retrieved.output);
  if (!value && uses_value_) {
    retrieved.status = Status::failed;
    retrieved.error = fmt::format("its standard output is not one number: '{}'", excerpt(retrieved.output));
    return;
  }
  retrieved.results = {std::int64_t{retrieved.exit_code},
                       value.value_or(std::numeric_limits<double>::quiet_NaN())};
}

std::vector<SourceKey> program_keys(SourceKey own) {
  return {std::move(own),
          {"cwd", KeyKind::text, "the folder in which it runs, relative to the job file's folder"},
          {"env", KeyKind::strings, "environment variables to set"},
          {"stdin", KeyKind::text, "what it reads from its standard input"},
          {"success", KeyKind::integers, "the exit codes that are a success: [0]"}};
}

std::vector<Result> program_results() {
  return {{"exit_code", Type::integer, "exit code of the program"},
          {"value", Type::real, "the standard output, if it is one number"}};
}

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  // Out of range: from_chars does not say on which side, and leaves the value as it was.
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

std::string excerpt(std::string_view text) {
  std::string line(text.substr(0, excerpt_bytes));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  for (char& byte : line) {
    if (byte == '\n' || byte == '\t' || byte == '\r') byte = ' ';
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) byte = '?';
  }
  // A character is not cut in half.
  if (text.size() > excerpt_bytes) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80) line.pop_back();
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0) line.pop_back();
    line += "…";
  }
  return line;
}

}  // namespace fanfold
