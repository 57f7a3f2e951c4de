// Which rows of a batch belong to which group.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reduce/aggregate.hpp"
#include "reduce/group_keys.hpp"

namespace fanfold::reduce {

/// Rows [first, first + count) of a batch.
struct RowRange {
  std::uint32_t first;
  std::uint32_t count;
};

/// The rows of a batch for which mask[row] is `wanted`, as ranges.
void select_rows(std::span<const std::uint8_t> mask, std::uint8_t wanted, std::vector<RowRange>& ranges);

/// Cuts ranges of rows where the keys change, and looks up the group of each piece. Keeps its memory from
/// batch to batch; one thread at a time.
class RunFinder {
 public:
  /// `keys` are the key columns of the batch, of `rows` rows; without any, all rows are of one group.
  /// New groups are added to `groups`.
  void find(std::span<const ConstColumn> keys, std::size_t rows, std::span<const RowRange> ranges,
            GroupKeys& groups, std::vector<Run>& runs);

 private:
  void mark_changes(std::span<const ConstColumn> keys, std::size_t rows);

  std::vector<std::uint8_t> changed_;  ///< 1 in the rows whose keys differ from those of the row before
  std::string key_;
};

/// The parts of runs without the rows that `mask` has.
std::vector<Run> without(std::span<const Run> runs, std::span<const std::uint8_t> mask);

}  // namespace fanfold::reduce
