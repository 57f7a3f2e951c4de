// What the options of aggregates are checked for.
#pragma once

#include <cmath>
#include <cstdint>

#include "reduce/aggregate.hpp"

namespace fanfold::reduce {

/// Precondition: a number.
inline double real_option(const Value& value) {
  const auto* const integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

inline bool is_finite_number(const Value& value) {
  return type_of(value) != Type::text && std::isfinite(real_option(value));
}

template <std::int64_t most>
bool is_integer_from_1_to(const Value& value) {
  const auto* const integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr && *integer >= 1 && *integer <= most;
}

inline ResultType list_result(std::optional<Type>) { return ResultType::list; }

}  // namespace fanfold::reduce
