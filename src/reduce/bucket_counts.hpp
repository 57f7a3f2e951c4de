// Counts of values by size: what is left of a distribution when there are too many values to keep.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/bytes.hpp"

namespace fanfold::reduce {

/// How many values are in each bucket. Each power of two is divided into 64 buckets of equal width: a bucket
/// is what the sign, the exponent and the first 6 bits of the significand of a double have in common, so it
/// depends on the value alone. (An exponential histogram, as in Masson, Rim, Lee: DDSketch, 2019, with a
/// cheaper logarithm.) An exact commutative monoid. Memory: 8 bytes for each value at most, and 2 MiB.
class BucketCounts {
 public:
  /// A bucket's middle is off by at most this, relative to any value in it; below 2^-1022 in magnitude, by
  /// 2^-1029.
  static constexpr double relative_error = 1.0 / 128;

  /// Adds the values that are not NaN; returns how many these are. One zero.
  std::uint64_t add(std::span<const double> values);
  void merge(const BucketCounts& other);

  std::uint64_t total() const { return total_; }
  /// The value that has this many before it: the least and the greatest exactly, of others the middle of
  /// their bucket. Precondition: before < total().
  double value_at(std::uint64_t before) const;

  void encode(ByteWriter& out) const;
  static BucketCounts decode(ByteReader& in);
  std::size_t heap_bytes() const;

 private:
  using Bucket = std::int32_t;
  struct Entry {
    Bucket bucket;
    std::uint64_t count;
  };

  static Bucket bucket_of(double value);
  static double middle_of(Bucket bucket);
  bool cover(double least, double greatest);
  void to_window(Bucket first, Bucket last);
  void add_entries(std::span<const Entry> entries);
  std::vector<Entry> entries() const;
  void fold();

  std::uint64_t total_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
  // Either a window of all buckets around them, where there are enough values for it, …
  std::vector<std::uint64_t> window_;
  Bucket window_first_ = 0;
  // … or a list of those in use, in ascending order, and buckets of values that wait to be sorted into it.
  std::vector<Entry> list_;
  std::vector<Bucket> waiting_;
};

}  // namespace fanfold::reduce
