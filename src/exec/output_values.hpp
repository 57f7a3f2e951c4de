// Values taken out of the output of a source: by JSON pointer, by regular expression.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/secrets.hpp"
#include "job/job.hpp"

namespace fanfold {

/// The entries of [values] that are read from the output. Immutable; for many threads.
class OutputValues {
 public:
  /// The job must outlive it.
  explicit OutputValues(const Job& job);
  ~OutputValues();

  bool empty() const { return entries_.empty(); }

  /// Passes the slot and the value of each entry to `set`, in the order of the job. Stops at the first that
  /// cannot be read and returns why: "value 'loss': nothing matches 'loss=(\S+)' in its output".
  std::optional<std::string> read(std::string_view output,
                                  const std::function<void(std::size_t slot, Value value)>& set) const;

 private:
  struct Entry;
  std::vector<Entry> entries_;
  std::optional<Secrets> secrets_;  // which texts may have in them
};

}  // namespace fanfold
