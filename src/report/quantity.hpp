// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

namespace fanfold {

/// "1,234,567".
std::string with_separators(std::uint64_t number);
/// A rate or count in three digits: "950", "12.3 k", "4.56 M", "1.20 G".
std::string short_number(double number);
/// "0.42 s", "12.3 s", "3 min 20 s", "2 h 05 min", "3 d 4 h".
std::string duration_text(double seconds);
/// "1 task", "2 tasks", "1,000 tasks".
std::string count_of(std::uint64_t count, const std::string& noun);
/// ", 88 left out by where"; empty for none.
std::string left_out_text(std::uint64_t tasks);

}  // namespace fanfold
