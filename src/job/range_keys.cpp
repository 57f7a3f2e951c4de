// The keys of axes that are counts and ranges.
#include <fmt/format.h>

#include "job/axis_kind.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// { from, to, steps, log }
std::unique_ptr<Axis> make_points(const AxisReading& axis, double from, double to) {
  Reading& reading = axis.reading;
  const auto steps = reading.integer(axis.setting("steps"), 1, INT64_MAX);
  const auto is_log = axis.has("log") ? reading.boolean(axis.setting("log")) : std::optional(false);
  if (!steps || !is_log) return nullptr;
  if (*steps == 1 && from != to) {
    reading.wrong_value(axis.setting("steps"), "at least 2: both ends are points");
    return nullptr;
  }
  const auto count = static_cast<std::uint64_t>(*steps);
  if (!*is_log) return make_linear_axis(from, to, count);
  for (const std::string_view end : {"from", "to"}) {
    if ((end == "from" ? from : to) > 0) continue;
    reading.wrong_value(axis.setting(end), "greater than 0 in a logarithmic range");
    return nullptr;
  }
  return make_logarithmic_axis(from, to, count);
}

/// { from, to, step }
std::unique_ptr<Axis> make_strides(const AxisReading& axis, double from, double to) {
  Reading& reading = axis.reading;
  const auto step = reading.finite_number(axis.setting("step"));
  if (!step) return nullptr;
  if (axis.has("log")) {
    reading.error(axis.node().find("log")->place, "'log' needs 'steps' instead of 'step'");
    return nullptr;
  }
  if (*step == 0) {
    reading.wrong_value(axis.setting("step"), "other than 0");
    return nullptr;
  }
  if (*step > 0 ? from > to : from < to) {
    reading.wrong_value(
        axis.setting("step"),
        fmt::format("{} than 0 to lead from {} to {}", *step > 0 ? "less" : "greater",
                    canonical(axis.node().find("from")->node), canonical(axis.node().find("to")->node)));
    return nullptr;
  }
  const auto whole = [&](std::string_view key) { return axis.node().find(key)->node.is(Kind::integer); };
  const auto integer = [&](std::string_view key) { return axis.node().find(key)->node.integer; };
  if (whole("from") && whole("to") && whole("step")) {
    return make_step_axis(integer("from"), integer("to"), integer("step"));
  }
  return make_step_axis(from, to, *step);
}

}  // namespace

std::unique_ptr<Axis> read_count_axis(const AxisReading& axis) {
  const auto count = axis.reading.integer(axis.setting("count"), 1, INT64_MAX);
  return count ? make_count_axis(static_cast<std::uint64_t>(*count)) : nullptr;
}

std::unique_ptr<Axis> read_range_axis(const AxisReading& axis) {
  Reading& reading = axis.reading;
  const auto incomplete = [&](const std::string& what) {
    if (axis.is_spelt_right) {
      reading.error(axis.node().place, fmt::format("the range '{}' {}", axis.entry.key, what));
    }
    return nullptr;
  };
  if (!axis.has("to")) return incomplete("needs 'to'");
  const auto from = reading.finite_number(axis.setting("from"));
  const auto to = reading.finite_number(axis.setting("to"));
  if (!axis.has("steps") && !axis.has("step")) {
    return incomplete("needs 'steps' (a number of points) or 'step' (a distance)");
  }
  if (axis.has("steps") && axis.has("step")) {
    return incomplete("has both 'steps' (a number of points) and 'step' (a distance); it needs one of them");
  }
  if (!from || !to) return nullptr;
  return axis.has("steps") ? make_points(axis, *from, *to) : make_strides(axis, *from, *to);
}

}  // namespace fanfold
