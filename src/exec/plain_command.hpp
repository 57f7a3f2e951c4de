// Command lines that need no shell: running them directly saves one program start for each task.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// The words of a command line that a shell would only split at its blanks: without quotes, variables,
/// patterns, redirections, comments, assignments or newlines, and whose first word is no word of the shell's
/// own. Nothing if a shell has to run it. As GNU make decides.
std::optional<std::vector<std::string>> plain_command(std::string_view line);

}  // namespace fanfold
