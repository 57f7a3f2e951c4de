#include "report/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace fanfold {

std::string with_separators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t position = digits.size(); position > 3; position -= 3) digits.insert(position - 3, ",");
  return digits;
}

std::string short_number(double number) {
  constexpr std::array units{"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  while (number >= 999.5 && unit + 1 < units.size()) {
    number /= 1000;
    ++unit;
  }
  const int digits = unit == 0 && (number >= 100 || number == std::floor(number)) ? 0
                     : number < 9.995                                             ? 2
                     : number < 99.95                                             ? 1
                                                                                  : 0;
  return fmt::format("{:.{}f}{}", number, digits, units[unit]);
}

std::string duration_text(double seconds) {
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string count_of(std::uint64_t count, const std::string& noun) {
  return with_separators(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string left_out_text(std::uint64_t tasks) {
  return tasks == 0 ? "" : ", " + with_separators(tasks) + " left out by where";
}

}  // namespace fanfold
