// The order of reals in answers: -infinity … -0, +0 … infinity, NaN.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace fanfold::reduce {

/// An integer that orders reals by its own order; there is one for -0, another for +0. The one canonical NaN
/// is last.
inline std::int64_t order_of(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max());
}

/// The real that `order_of` makes this integer of.
inline double real_of_order(std::int64_t order) {
  return std::bit_cast<double>(order ^ ((order >> 63) & std::numeric_limits<std::int64_t>::max()));
}

/// The one NaN for each.
inline double canonical_nan(double value) {
  return value == value ? value : std::numeric_limits<double>::quiet_NaN();
}

/// One zero and one NaN, so that equal reals have equal bits.
inline double canonical(double value) { return value == 0 ? 0.0 : canonical_nan(value); }

}  // namespace fanfold::reduce
