#include <charconv>
#include <cmath>

#include "job/job.hpp"

namespace fanfold {
namespace {

struct SizeUnit {
  std::string_view name;
  double bytes;
};
constexpr double kibi = 1024;
constexpr SizeUnit size_units[] = {{"", 1},
                                   {"B", 1},
                                   {"kB", 1e3},
                                   {"KB", 1e3},
                                   {"MB", 1e6},
                                   {"GB", 1e9},
                                   {"TB", 1e12},
                                   {"K", kibi},
                                   {"M", kibi* kibi},
                                   {"G", kibi* kibi* kibi},
                                   {"T", kibi* kibi* kibi* kibi},
                                   {"KiB", kibi},
                                   {"MiB", kibi* kibi},
                                   {"GiB", kibi* kibi* kibi},
                                   {"TiB", kibi* kibi* kibi* kibi}};

/// Above this a double counts no single bytes any more, and no machine has so many.
constexpr double most_bytes = 9007199254740992.0;

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (suffix.starts_with(' ') && suffix.size() > 1) suffix.remove_prefix(1);
  for (const SizeUnit& unit : size_units) {
    if (unit.name != suffix) continue;
    const double bytes = std::round(number * unit.bytes);
    if (bytes > most_bytes) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

}  // namespace fanfold
