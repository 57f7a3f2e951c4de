// What other programs on this host know, such as those of a scheduler.
#pragma once

#include <string>
#include <vector>

#include "exec/child_process.hpp"

namespace fanfold {

/// Runs a short program, looked up on our PATH, with our environment, for what it prints or how it ends.
/// After ten seconds it is ended. Throws nothing: what cannot be started, for whatever reason, was
/// `not_started`.
ChildEnd run_short_command(std::vector<std::string> words);

/// The value of a variable of our environment; empty if it is not set.
std::string environment_text(const char* name);

}  // namespace fanfold
