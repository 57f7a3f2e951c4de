// fanfold init: writes a job file to start from.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.hpp"
#include "cli/init_jobs.hpp"
#include "core/nearest.hpp"
#include "job/template.hpp"

namespace fanfold {
namespace {

struct InitOptions {
  std::string file = "job.toml";
  std::string kind{init_jobs().front().kind};
};

const InitJob& job_of_kind(const std::string& kind) {
  std::vector<std::string> kinds;
  for (const InitJob& job : init_jobs()) {
    if (job.kind == kind) return job;
    kinds.emplace_back(job.kind);
  }
  throw UsageError(fmt::format("--kind: '{}' is not one of {}{}", kind, fmt::join(kinds, ", "),
                               did_you_mean(kind, kinds)));
}

[[noreturn]] void fail(const std::string& file, int error) {
  const std::string why =
      error == EEXIST ? "it exists; nothing is overwritten" : std::generic_category().message(error);
  throw UsageError(fmt::format("cannot write '{}': {}", file, why));
}

/// "x": a file that is there already is left alone, whoever made it and when.
void write_new_file(const std::string& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "wx");
  if (file == nullptr) fail(path, errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  if (std::fclose(file) != 0) fail(path, errno);
  if (!written) fail(path, error);
}

ExitStatus init(const InitOptions& options) {
  const InitJob& job = job_of_kind(options.kind);
  if (options.file == "-") {
    std::fwrite(job.text.data(), 1, job.text.size(), stdout);
    return ExitStatus::success;
  }
  write_new_file(options.file, job.text);
  const std::string file = quote_for_shell(options.file);
  fmt::print("{0}: {1}\nnext: fanfold check {0}; fanfold run {0}\n", file, job.summary);
  return ExitStatus::success;
}

std::string kinds_text() {
  std::string text = "What it runs:";
  for (const InitJob& job : init_jobs()) text += fmt::format(" {} ({});", job.kind, job.summary);
  text.back() = '.';
  return text;
}

}  // namespace

void add_init_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "init", "Write a commented job file to start from");
  const auto options = std::make_shared<InitOptions>();
  command->add_option("file", options->file, "The file to write, which must not exist; - is standard output")
      ->capture_default_str();
  command->add_option("--kind", options->kind, kinds_text())->type_name("KIND")->capture_default_str();
  command->footer("Example: fanfold init --kind files words.toml");
  command->callback([options, &action] { action = [options] { return init(*options); }; });
}

}  // namespace fanfold
