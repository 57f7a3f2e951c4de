#include <charconv>
#include <cmath>

#include "job/job.hpp"

namespace fanfold {
namespace {

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr TimeUnit time_units[] = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

/// Takes an integer from the front of the text.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0 || value > 1'000'000) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<std::chrono::duration<double>> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const TimeUnit& unit : time_units) {
    if (unit.name == suffix) return std::chrono::duration<double>(number * unit.seconds);
  }
  return std::nullopt;
}

std::optional<std::chrono::duration<double>> parse_allocation_time(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    std::string_view rest = text;
    const auto minutes = take_integer(rest);
    if (minutes && rest.empty()) return std::chrono::minutes(*minutes);
    return parse_duration(text);
  }
  std::int64_t seconds = 0;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto days = take_integer(text);
    if (!days || !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    seconds = 86400 * *days;
  }
  for (const std::int64_t unit : {3600, 60, 1}) {
    if (unit != 3600 && !text.starts_with(':')) return std::nullopt;
    if (unit != 3600) text.remove_prefix(1);
    const auto value = take_integer(text);
    if (!value || (unit != 3600 && *value > 59)) return std::nullopt;
    seconds += unit * *value;
  }
  if (!text.empty()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace fanfold
