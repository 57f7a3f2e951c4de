// Descriptions of parameters and results, as sentences say them.
#pragma once

#include <string>

namespace fanfold {

/// "above the ground [m]"; without a unit the description alone, and the other way round.
inline std::string with_unit(const std::string& description, const std::string& unit) {
  if (unit.empty()) return description;
  return description + (description.empty() ? "[" : " [") + unit + "]";
}

}  // namespace fanfold
