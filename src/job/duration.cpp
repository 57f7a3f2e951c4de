#include <charconv>
#include <cmath>

#include "job/job.hpp"

namespace fanfold {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
};
constexpr Unit units[] = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

}  // namespace

std::optional<std::chrono::duration<double>> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name == suffix) return std::chrono::duration<double>(number * unit.seconds);
  }
  return std::nullopt;
}

}  // namespace fanfold
