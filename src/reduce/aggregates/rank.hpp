// Which of two numbers goes before the other, for aggregates that look for the lowest or the highest.
#pragma once

#include <concepts>
#include <cstdint>

#include "reduce/number_order.hpp"

namespace fanfold::reduce {

enum class Side { lowest, highest };

/// An integer that orders numbers by their own order; for the highest turned over, so that the lowest rank
/// always wins. -0 < +0. Precondition: not NaN.
template <typename Number, Side side>
std::int64_t rank_of(Number value) {
  std::int64_t order;
  if constexpr (std::same_as<Number, double>) {
    order = order_of(value);
  } else {
    order = value;
  }
  return side == Side::highest ? ~order : order;
}

/// The number that has this rank.
template <typename Number, Side side>
Number number_of_rank(std::int64_t rank) {
  const std::int64_t order = side == Side::highest ? ~rank : rank;
  if constexpr (std::same_as<Number, double>) {
    return real_of_order(order);
  } else {
    return order;
  }
}

}  // namespace fanfold::reduce
