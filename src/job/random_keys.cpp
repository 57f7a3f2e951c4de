// The keys of random axes.
#include <fmt/format.h>

#include "core/random_keys.hpp"
#include "job/axis_kind.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// Each axis has a stream of its own, by its name: it does not change when others come or go. The FNV-1a hash
/// of 64 bits.
RandomStream random_of(const AxisReading& axis) {
  std::uint64_t stream = 0xCBF29CE484222325U;
  for (const char c : axis.entry.key) stream = (stream ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return {random_key(axis.reading.job.seed, RandomPurpose::axis), stream};
}

/// What the values depend on besides the axis' own keys is the seed, which is in the fingerprint.
struct Bounds {
  double first;
  double second;
  std::uint64_t count;
};

/// { KEY = [first, second], count }
std::optional<Bounds> read_bounds(const AxisReading& axis, std::string_view key, std::string_view expected) {
  Reading& reading = axis.reading;
  const Setting setting = axis.setting(key);
  std::optional<std::int64_t> count = 1;
  if (axis.has("count")) {
    count = reading.integer(axis.setting("count"), 1, INT64_MAX);
  } else if (axis.is_spelt_right) {
    reading.error(axis.node().place, fmt::format("'{}' needs 'count': how many values to draw", key));
    count.reset();
  }
  const auto& items = setting.node.items;
  if (!setting.node.is(Kind::list) || items.size() != 2) {
    reading.wrong_value(setting, fmt::format("a list of two numbers, {}", expected));
    return std::nullopt;
  }
  const auto number = [&](const TomlNode& item) {
    return reading.finite_number({item, setting.label, item.place, std::string(describe(item.kind))});
  };
  const auto first = number(items[0]);
  const auto second = number(items[1]);
  if (!first || !second || !count) return std::nullopt;
  return Bounds{*first, *second, static_cast<std::uint64_t>(*count)};
}

bool check_order(const AxisReading& axis, std::string_view key, const Bounds& numbers) {
  if (numbers.first <= numbers.second) return true;
  axis.reading.wrong_value(axis.setting(key), "a list of the least and the greatest value, in this order");
  return false;
}

}  // namespace

std::unique_ptr<Axis> read_uniform_axis(const AxisReading& axis) {
  const auto numbers = read_bounds(axis, "uniform", "[least, greatest]");
  if (!numbers || !check_order(axis, "uniform", *numbers)) return nullptr;
  return make_uniform_axis(numbers->first, numbers->second, numbers->count, random_of(axis));
}

std::unique_ptr<Axis> read_log_uniform_axis(const AxisReading& axis) {
  const auto numbers = read_bounds(axis, "log_uniform", "[least, greatest]");
  if (!numbers || !check_order(axis, "log_uniform", *numbers)) return nullptr;
  if (numbers->first <= 0) {
    axis.reading.wrong_value(axis.setting("log_uniform"), "a list of numbers greater than 0");
    return nullptr;
  }
  return make_log_uniform_axis(numbers->first, numbers->second, numbers->count, random_of(axis));
}

std::unique_ptr<Axis> read_normal_axis(const AxisReading& axis) {
  const auto numbers = read_bounds(axis, "normal", "[mean, standard deviation]");
  if (!numbers) return nullptr;
  if (numbers->second < 0) {
    axis.reading.wrong_value(axis.setting("normal"), "a mean and a standard deviation that is not negative");
    return nullptr;
  }
  return make_normal_axis(numbers->first, numbers->second, numbers->count, random_of(axis));
}

std::unique_ptr<Axis> read_sample_axis(const AxisReading& axis) {
  Reading& reading = axis.reading;
  if (!axis.has("from") || !axis.has("to")) {
    if (axis.is_spelt_right)
      reading.error(axis.node().place, "'sample' needs 'from' and 'to': the least and the greatest integer");
    return nullptr;
  }
  const auto count = reading.integer(axis.setting("sample"), 1, INT64_MAX);
  const auto from = reading.integer(axis.setting("from"), INT64_MIN, INT64_MAX);
  const auto to = reading.integer(axis.setting("to"), INT64_MIN, INT64_MAX);
  if (!count || !from || !to) return nullptr;
  if (*from > *to) {
    reading.wrong_value(axis.setting("to"), fmt::format("at least {}, which 'from' is", *from));
    return nullptr;
  }
  // Without the one that both ends are: the distance of any two integers fits.
  const std::uint64_t others = static_cast<std::uint64_t>(*to) - static_cast<std::uint64_t>(*from);
  if (static_cast<std::uint64_t>(*count) - 1 > others) {
    reading.wrong_value(
        axis.setting("sample"),
        fmt::format("at most {}: there are no more integers from {} to {}, and none is drawn twice",
                    others + 1, *from, *to));
    return nullptr;
  }
  return make_sample_axis(*from, *to, static_cast<std::uint64_t>(*count), random_of(axis));
}

}  // namespace fanfold
