// Sources for tests of job files: declared as real ones declare themselves, never executed.
#pragma once

#include "job/source_info.hpp"

namespace fanfold::test {

inline const SourceRegistry& fake_sources() {
  static const std::vector<SourceKey> process_keys = {
      {"cwd", KeyKind::text, "the folder it runs in"},
      {"env", KeyKind::strings, "variables added to its environment"},
      {"stdin", KeyKind::input, "its standard input"},
      {"creates", KeyKind::text, "the file that it makes", KeyEffect::skips},
      {"timeout", KeyKind::seconds, "time for one attempt", KeyEffect::policy},
      {"memory", KeyKind::bytes, "that it may have"},
      {"success", KeyKind::integers, "exit codes that mean success"},
      {"grace", KeyKind::duration, "from SIGTERM to SIGKILL"}};
  static const auto process = [](const std::string& name, KeyKind kind) {
    SourceInfo info{name, "runs a process", {{name, kind, "what to run"}}, {}, true};
    info.keys.insert(info.keys.end(), process_keys.begin(), process_keys.end());
    info.results = {{"exit_code", Type::integer, "of the process"},
                    {"value", Type::real, "its whole output"}};
    return info;
  };
  static const SourceInfo command = process("command", KeyKind::arguments);
  static const SourceInfo shell = process("shell", KeyKind::shell);
  static const SourceInfo read{"read",
                               "reads a file",
                               {{"read", KeyKind::text, "its path"}},
                               {{"bytes", Type::integer, "read"}},
                               true};
  static const SourceInfo sleep{"sleep", "waits", {{"sleep", KeyKind::number, "seconds"}}, {}, false};
  static const SourceRegistry sources{&command, &shell, &read, &sleep};
  return sources;
}

}  // namespace fanfold::test
