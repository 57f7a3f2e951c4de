// fanfold man: the manual page.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/manual_page.hpp"

namespace fanfold {

void add_man_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "man", "Print the manual page, for man or groff");
  command->footer("Example: fanfold man | man -l -");
  command->callback([&program, &action] {
    action = [&program] {
      std::fputs(manual_page(program).c_str(), stdout);
      return ExitStatus::success;
    };
  });
}

}  // namespace fanfold
