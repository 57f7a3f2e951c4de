// Which rows of a batch failed, and why.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// The failed rows of one batch. The first reason of a row stands; later ones are ignored.
/// Not for several threads at once.
class RowFailures {
 public:
  struct Failure {
    std::size_t row;
    std::string reason;
  };

  /// Forgets all failures; the batch has `rows` rows now.
  void reset(std::size_t rows) {
    if (!failures_.empty() || failed_.size() != rows) failed_.assign(rows, 0);
    failures_.clear();
  }
  void fail(std::size_t row, std::string_view reason) {
    if (failed_[row] != 0) return;
    failed_[row] = 1;
    failures_.push_back({row, std::string(reason)});
  }

  bool any() const { return !failures_.empty(); }
  bool failed(std::size_t row) const { return failed_[row] != 0; }
  std::size_t rows() const { return failed_.size(); }
  /// One byte for each row: 1 if it failed.
  std::span<const std::uint8_t> mask() const { return failed_; }
  /// In the order in which they were reported.
  const std::vector<Failure>& failures() const { return failures_; }

 private:
  std::vector<std::uint8_t> failed_;
  std::vector<Failure> failures_;
};

}  // namespace fanfold
