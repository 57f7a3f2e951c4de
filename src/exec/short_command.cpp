#include "exec/short_command.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <utility>

namespace fanfold {
namespace {

constexpr std::chrono::seconds answer_limit{10};

}  // namespace

ChildEnd run_short_command(std::vector<std::string> words) {
  ChildProgram program;
  program.arguments = std::move(words);
  for (char** variable = environ; *variable != nullptr; ++variable)
    program.environment.emplace_back(*variable);
  program.folder = "/";
  program.timeout = answer_limit;
  ChildGroups groups;
  try {
    return run_child(program, groups);
  } catch (const std::exception& error) {  // no descriptors, no memory
    ChildEnd end;
    end.not_started = error.what();
    return end;
  }
}

std::string environment_text(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace fanfold
