#include "exec/program_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <variant>

#include "exec/cpu_affinity.hpp"
#include "exec/plain_command.hpp"

namespace fanfold {
namespace {

constexpr std::size_t excerpt_bytes = 60;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// Above this, standard output is not kept even where all of it is wanted.
constexpr std::size_t most_output = 64 << 20;

std::chrono::duration<double> seconds_of(const char* key, double number) {
  if (number >= 0) return std::chrono::duration<double>(number);
  throw std::runtime_error(fmt::format("'{}' must be a time, not {} seconds", key, number));
}

int nice_of(double number) {
  constexpr double most = 39;
  if (std::fabs(number) <= most && number == std::floor(number)) return static_cast<int>(number);
  throw std::runtime_error(fmt::format("'nice' must be a whole number from -39 to 39, not {}", number));
}

}  // namespace

ProgramSource::ProgramSource(const Job& job, Form form)
    : spec_(*job.source),
      policy_(job.run),
      form_(form),
      folder_(job.folder),
      working_folder_(spec_.find("cwd")),
      input_(spec_.find("stdin")),
      output_(spec_.find("stdout")),
      errors_(spec_.find("stderr")),
      creates_(spec_.find("creates")),
      timeout_(spec_, "timeout"),
      grace_(spec_, "grace"),
      memory_(spec_, "memory"),
      nice_(spec_, "nice"),
      success_{0},
      environment_(job, spec_.find("env")),
      cpus_(cpus_for_children()),
      uses_value_(job.uses_value),
      uses_output_(reads_output(job)) {
  if (const SourceArgument* success = spec_.find("success")) success_ = success->integers;
}

Retrieved ProgramSource::retrieve(const Retrieval& retrieval) const {
  const Limits limits = limits_of(retrieval);
  const std::string created = creates_ == nullptr ? "" : path_of(*creates_, retrieval.context);
  std::error_code error;
  // What a failed attempt left is no result; see check_created.
  const bool is_there = !created.empty() && std::filesystem::is_regular_file(created, error);
  if (is_there && retrieval.context.attempt == Attempt(1)) {
    Retrieved skipped;
    read_value(skipped);
    return skipped;
  }
  Retrieved retrieved = retrieved_from(run(retrieval, limits), limits);
  if (!created.empty()) check_created(created, retrieved);
  if (retrieved.status == Status::succeeded) read_back(retrieval.context, retrieved);
  if (retrieved.status == Status::succeeded) read_value(retrieved);
  return retrieved;
}

ProgramSource::Limits ProgramSource::limits_of(const Retrieval& retrieval) const {
  Limits limits{retrieval.timeout, policy_.grace, std::nullopt, 0};
  if (timeout_.given()) limits.timeout = seconds_of("timeout", timeout_.of(retrieval.numbers));
  if (grace_.given()) limits.grace = seconds_of("grace", grace_.of(retrieval.numbers));
  if (memory_.given()) limits.memory = static_cast<std::uint64_t>(memory_.of(retrieval.numbers));
  if (nice_.given()) limits.nice = nice_of(nice_.of(retrieval.numbers));
  return limits;
}

Retrieved ProgramSource::retrieved_from(ChildEnd end, const Limits& limits) const {
  Retrieved retrieved;
  retrieved.exit_code = end.exit_code;
  retrieved.signal = end.signal;
  retrieved.error = failure_of(end, limits);
  if (!retrieved.error.empty()) retrieved.status = Status::failed;
  if (end.timed_out) {
    retrieved.status = Status::timed_out;
    retrieved.error = fmt::format("timed out after {} s", limits.timeout->count());
  }
  retrieved.output = std::move(end.output);
  retrieved.errors = std::move(end.errors);
  if (retrieved.status == Status::succeeded && uses_output_ && end.left_out != 0) {
    retrieved.status = Status::failed;
    retrieved.error = fmt::format("its standard output is longer than {} MiB", most_output >> 20);
  }
  return retrieved;
}

/// Why it failed; empty if it did not.
std::string ProgramSource::failure_of(const ChildEnd& end, const Limits& limits) const {
  if (!end.not_started.empty()) return end.not_started;
  if (end.signal == 0 && is_success(end.exit_code)) return {};
  const std::string how =
      end.signal != 0 ? fmt::format("killed by signal {} ({})", end.signal, name_of_signal(end.signal))
                      : fmt::format("exit code {}", end.exit_code);
  return how + shortage_.explains(end, limits.memory);
}

/// A task that did not make its file has failed, and the file of one that has failed goes: a later run would
/// take it for a result.
void ProgramSource::check_created(const std::string& path, Retrieved& retrieved) const {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (retrieved.status == Status::succeeded && !is_file) {
    retrieved.status = Status::failed;
    retrieved.error = fmt::format(
        "it did not make '{}'{}", path,
        std::filesystem::exists(path, error) ? ", which is no regular file" : ", which 'creates' promises");
  } else if (retrieved.status != Status::succeeded && is_file) {
    std::filesystem::remove(path, error);
  }
}

/// What went to a file and something reads.
void ProgramSource::read_back(const TemplateContext& context, Retrieved& retrieved) const {
  if (output_ == nullptr || !(uses_output_ || uses_value_)) return;
  const std::string path = path_of(*output_, context);
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = file.tellg();
  if (!file || size > static_cast<std::streamoff>(most_output)) {
    retrieved.status = Status::failed;
    retrieved.error = file ? fmt::format("its standard output is longer than {} MiB", most_output >> 20)
                           : fmt::format("cannot read '{}'", path);
    return;
  }
  retrieved.output.resize(static_cast<std::size_t>(size));
  file.seekg(0);
  file.read(retrieved.output.data(), size);
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
ChildEnd ProgramSource::run(const Retrieval& retrieval, const Limits& limits) const {
  ChildProgram program = program_of(retrieval);
  program.timeout = limits.timeout;
  program.grace = limits.grace;
  program.memory_limit = limits.memory;
  program.nice = limits.nice;
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
  program.more_environment = environment_.inherited();
  program.environment = environment_.of(retrieval.context, retrieval.share);
  program.folder = working_folder_ == nullptr ? folder_ : path_of(*working_folder_, retrieval.context);
  if (input_ != nullptr && input_->templates.front().first == "file") {
    program.input_file = path_of(*input_, retrieval.context);
  } else if (input_ != nullptr) {
    program.input = input_->templates.front().second.render(retrieval.context);
  }
  if (output_ != nullptr) program.output_file = path_of(*output_, retrieval.context);
  if (errors_ != nullptr) program.errors_file = path_of(*errors_, retrieval.context);
  program.cpus = cpus_;
  program.signals = &signals_;
  program.null_device = null_device_.get();
  const bool is_whole = uses_output_ || policy_.print != RunPolicy::Print::nothing;
  program.output_limit = is_whole ? most_output : policy_.output_limit;
  program.errors_limit = policy_.output_limit;
  return program;
}

std::string ProgramSource::path_of(const SourceArgument& argument, const TemplateContext& context) const {
  const std::string path = argument.templates.front().second.render(context);
  if (path.empty()) throw std::runtime_error(fmt::format("'{}' is empty: it must be a path", argument.name));
  return (std::filesystem::path(folder_) / path).string();
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

bool reads_output(const Job& job) {
  if (job.kernel && job.kernel->kernel->info().takes_input) return true;
  return std::any_of(job.values.begin(), job.values.end(), [](const ValueSpec& value) {
    return !std::holds_alternative<expr::Program>(value.how);
  });
}

std::vector<SourceKey> program_keys(SourceKey own) {
  constexpr KeyEffect policy = KeyEffect::policy;
  return {std::move(own),
          {"cwd", KeyKind::text, "the folder in which it runs, relative to the job file's folder"},
          {"env", KeyKind::strings, "environment variables to set"},
          {"stdin", KeyKind::input, "what it reads from its standard input: a text, or { file = \"path\" }"},
          {"stdout", KeyKind::text, "the file that takes its standard output, instead of the run file"},
          {"stderr", KeyKind::text, "the file that takes its standard error, instead of the run file"},
          {"success", KeyKind::integers, "the exit codes that are a success: [0]"},
          {"creates", KeyKind::text, "the file that it makes: where it is there, the task is skipped",
           KeyEffect::skips},
          {"timeout", KeyKind::seconds, "time for one attempt, instead of that of [run]", policy},
          {"grace", KeyKind::seconds, "from SIGTERM to SIGKILL when the time is over: 2 s", policy},
          {"cores", KeyKind::number, "slots that it takes, and threads that it is told to use: 1", policy},
          {"memory", KeyKind::bytes, "memory that it reserves on its node, and may not exceed", policy},
          {"gpus", KeyKind::number, "GPUs that it is given: 0", policy},
          {"nice", KeyKind::number, "how much it steps back behind other processes: 0", policy}};
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
