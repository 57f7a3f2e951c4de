// Standard output, where what a command was asked for goes.
#pragma once

#include <string_view>

namespace fanfold {

/// Writes all of it, at once. Throws RunError if it does not take it: a full disk is no success.
void write_standard_output(std::string_view text);

}  // namespace fanfold
