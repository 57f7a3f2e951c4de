// The manual page, made of the same text as the help.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace fanfold {

/// fanfold(1) in roff, for man and groff: ASCII only, the rest as escapes.
std::string manual_page(const CLI::App& program);

}  // namespace fanfold
