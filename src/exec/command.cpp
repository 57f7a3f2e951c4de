// The source `command`: runs a program, without a shell.
#include "exec/program_source.hpp"

namespace fanfold {

SourceType command_source() {
  static const SourceInfo info = [] {
    SourceInfo command;
    command.name = "command";
    command.summary = "runs a program, without a shell";
    command.keys =
        program_keys({"command", KeyKind::arguments, "the program, looked up on PATH, and its arguments"});
    command.results = program_results();
    command.has_output = true;
    return command;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> {
            return std::make_unique<ProgramSource>(job, ProgramSource::Form::arguments);
          }};
}

}  // namespace fanfold
