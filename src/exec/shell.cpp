// The source `shell`: runs a command line through sh.
#include "exec/program_source.hpp"

namespace fanfold {

SourceType shell_source() {
  static const SourceInfo info = [] {
    SourceInfo shell;
    shell.name = "shell";
    shell.summary = "runs a command line through sh";
    shell.keys = program_keys({"shell", KeyKind::shell, "the command line; substituted values are quoted"});
    shell.results = program_results();
    shell.has_output = true;
    return shell;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> {
            return std::make_unique<ProgramSource>(job, ProgramSource::Form::command_line);
          }};
}

}  // namespace fanfold
