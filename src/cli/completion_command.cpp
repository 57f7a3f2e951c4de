// fanfold completion: the script by which a shell completes the words behind `fanfold`.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/completion_script.hpp"
#include "core/nearest.hpp"

namespace fanfold {

void add_completion_command(CLI::App& program, Action& action) {
  CLI::App* command =
      add_command(program, "completion", "Print the script by which a shell completes commands");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "The shell: bash")->required();
  command->footer("Example: source <(fanfold completion bash)");
  command->callback([shell, &program, &action] {
    action = [shell, &program] {
      if (*shell != "bash") {
        throw UsageError(fmt::format("there is completion for bash only, not for '{}'{}", *shell,
                                     did_you_mean(*shell, {"bash"})));
      }
      std::fputs(bash_completion(program).c_str(), stdout);
      return ExitStatus::success;
    };
  });
}

}  // namespace fanfold
