// What a program wrote to standard error, as people are shown it.
#pragma once

#include <string>
#include <string_view>

namespace fanfold {

/// The last lines of a text, and not more than 2,000 bytes of them, each behind `bar`; blanks at the end are
/// left out, and control characters stand as \x1b. Empty if there is nothing but blanks.
std::string last_lines(std::string_view text, std::size_t line_limit, std::string_view bar);

/// Control characters other than tabs as \x1b: a terminal would obey them.
std::string without_control_characters(std::string_view text);

}  // namespace fanfold
