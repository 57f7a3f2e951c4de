// What a built-in kernel knows of its texts before any task runs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfold {

struct TextFault {
  std::size_t offset = 0;  ///< where in the text, in bytes
  std::string message;
};

/// A kernel with a parameter whose texts have a grammar: what is wrong with one that is the same for all
/// tasks is said when the job is read.
class ChecksTexts {
 public:
  virtual ~ChecksTexts() = default;
  /// Nothing if a task could run with it.
  virtual std::optional<TextFault> fault_of(std::string_view parameter, std::string_view text) const = 0;
};

}  // namespace fanfold
