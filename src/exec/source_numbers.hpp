// The numbers of a source's arguments, found by name.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "job/job.hpp"

namespace fanfold {

/// Knows where the numbers of each argument stand in Retrieval::numbers.
class SourceNumbers {
 public:
  explicit SourceNumbers(const SourceSpec& spec) {
    std::size_t position = 0;
    for (const SourceArgument& argument : spec.arguments) {
      const std::size_t count = (argument.number ? 1 : 0) + argument.range.size();
      if (count > 0) positions_[argument.name] = position;
      position += count;
    }
  }

  /// Nothing if the job does not give the argument. `index`: of a range, its first or its end.
  std::optional<double> of(const std::string& name, std::span<const double> numbers,
                           std::size_t index = 0) const {
    const auto found = positions_.find(name);
    if (found == positions_.end()) return std::nullopt;
    return numbers[found->second + index];
  }

 private:
  std::map<std::string, std::size_t> positions_;
};

}  // namespace fanfold
