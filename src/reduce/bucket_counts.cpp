#include "reduce/bucket_counts.hpp"

#include <algorithm>
#include <cmath>

#include "reduce/number_order.hpp"

namespace fanfold::reduce {
namespace {

/// Of the bits of a double, those that do not matter for its bucket.
constexpr unsigned dropped_bits = 52 - 6;

/// The buckets of infinity and of -infinity.
constexpr std::int32_t last_bucket = 0x7FF << 6;
constexpr std::int32_t first_bucket = ~last_bucket;

constexpr std::size_t least_waiting = 64;

}  // namespace

BucketCounts::Bucket BucketCounts::bucket_of(double value) {
  return static_cast<Bucket>(order_of(value + 0.0) >> dropped_bits);  // + 0.0 makes -0 zero
}

double BucketCounts::middle_of(Bucket bucket) {
  if (bucket < 0) return -middle_of(~bucket);
  if (bucket == 0) return 0;  // zero, mostly
  const double low = real_of_order(std::int64_t{bucket} << dropped_bits);
  const double half =
      real_of_order((std::int64_t{bucket} << dropped_bits) | (std::int64_t{1} << (dropped_bits - 1)));
  return bucket == last_bucket ? low : half;
}

std::uint64_t BucketCounts::add(std::span<const double> values) {
  // Several of each at a time, so that they need not wait for one another.
  constexpr std::size_t lanes = 4;
  double least[lanes];
  double greatest[lanes];
  std::fill_n(least, lanes, least_);
  std::fill_n(greatest, lanes, greatest_);
  std::uint64_t numbers = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i] + 0.0;
    double& low = least[i % lanes];
    double& high = greatest[i % lanes];
    low = value < low ? value : low;
    high = value > high ? value : high;
    numbers += value == value ? 1 : 0;
  }
  if (numbers == 0) return 0;
  total_ += numbers;
  if (cover(*std::min_element(least, least + lanes), *std::max_element(greatest, greatest + lanes))) {
    for (const double value : values) {
      if (value == value) ++window_[static_cast<std::size_t>(bucket_of(value) - window_first_)];
    }
    return numbers;
  }
  for (const double value : values) {
    if (value == value) waiting_.push_back(bucket_of(value));
  }
  if (waiting_.size() > std::max(least_waiting, list_.size())) fold();
  return numbers;
}

void BucketCounts::merge(const BucketCounts& other) {
  if (other.total_ == 0) return;
  total_ += other.total_;
  const std::vector<Entry> theirs = other.entries();
  if (cover(other.least_, other.greatest_)) {
    for (const Entry& entry : theirs)
      window_[static_cast<std::size_t>(entry.bucket - window_first_)] += entry.count;
  } else {
    fold();
    add_entries(theirs);
  }
}

/// Widens the range to these values. True if the window holds it then; false if there are not enough values
/// for one that wide: then there is none.
bool BucketCounts::cover(double least, double greatest) {
  least_ = std::min(least_, least);
  greatest_ = std::max(greatest_, greatest);
  const Bucket first = bucket_of(least_);
  const Bucket last = bucket_of(greatest_);
  const Bucket window_last = window_first_ + static_cast<Bucket>(window_.size()) - 1;
  if (!window_.empty() && first >= window_first_ && last <= window_last) return true;
  const auto width = static_cast<std::uint64_t>(last - first) + 1;
  if (width > total_) {
    if (!window_.empty()) list_ = entries();
    window_ = {};
    return false;
  }
  if (window_.empty()) {
    to_window(first, last);
  } else {
    // Some room on the side on which it grows, so that values in order do not move it each time.
    const auto room = static_cast<Bucket>(std::min<std::uint64_t>(window_.size() / 2, total_ - width));
    to_window(first < window_first_ ? std::max(first_bucket, first - room) : window_first_,
              last > window_last ? std::min(last_bucket, last + room) : window_last);
  }
  return true;
}

void BucketCounts::to_window(Bucket first, Bucket last) {
  const std::vector<Entry> old = entries();
  window_.assign(static_cast<std::size_t>(last - first) + 1, 0);
  window_first_ = first;
  for (const Entry& entry : old) window_[static_cast<std::size_t>(entry.bucket - first)] = entry.count;
  list_ = {};
  waiting_ = {};
}

/// Sorts what waits into the list.
void BucketCounts::fold() {
  if (waiting_.empty()) return;
  std::sort(waiting_.begin(), waiting_.end());
  std::vector<Entry> counted;
  for (const Bucket bucket : waiting_) {
    if (counted.empty() || counted.back().bucket != bucket) counted.push_back({bucket, 0});
    ++counted.back().count;
  }
  waiting_.clear();
  add_entries(counted);
}

/// Adds to the list; both are in ascending order.
void BucketCounts::add_entries(std::span<const Entry> entries) {
  std::vector<Entry> merged;
  merged.reserve(list_.size() + entries.size());
  auto mine = list_.begin();
  for (const Entry& entry : entries) {
    while (mine != list_.end() && mine->bucket < entry.bucket) merged.push_back(*mine++);
    merged.push_back(entry);
    if (mine != list_.end() && mine->bucket == entry.bucket) merged.back().count += (mine++)->count;
  }
  merged.insert(merged.end(), mine, list_.end());
  list_ = std::move(merged);
}

/// All buckets in use, in ascending order.
std::vector<BucketCounts::Entry> BucketCounts::entries() const {
  if (window_.empty()) {
    if (waiting_.empty()) return list_;
    BucketCounts folded = *this;
    folded.fold();
    return std::move(folded.list_);
  }
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < window_.size(); ++i) {
    if (window_[i] != 0) entries.push_back({window_first_ + static_cast<Bucket>(i), window_[i]});
  }
  return entries;
}

double BucketCounts::value_at(std::uint64_t before) const {
  if (before == 0) return least_;
  if (before + 1 == total_) return greatest_;
  for (const Entry& entry : entries()) {
    if (before < entry.count) return std::clamp(middle_of(entry.bucket), least_, greatest_);
    before -= entry.count;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// How many buckets; the first, then how far each is from the one before; each with its count. The extremes.
void BucketCounts::encode(ByteWriter& out) const {
  const std::vector<Entry> used = entries();
  out.varint(used.size());
  Bucket before = 0;
  for (const Entry& entry : used) {
    out.zigzag(entry.bucket - before);
    out.varint(entry.count);
    before = entry.bucket;
  }
  if (total_ == 0) return;
  out.f64(least_);
  out.f64(greatest_);
}

BucketCounts BucketCounts::decode(ByteReader& in) {
  BucketCounts counts;
  std::vector<Entry> used(in.count(2));
  std::int64_t before = 0;
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::int64_t gap = in.zigzag();
    if ((i > 0 && gap <= 0) || gap < first_bucket - before || gap > last_bucket - before)
      throw DecodeError("the buckets of a quantile are out of order");
    before += gap;
    used[i] = {static_cast<Bucket>(before), in.varint()};
    if (used[i].count == 0 || counts.total_ + used[i].count < counts.total_)
      throw DecodeError("a bucket of a quantile has an impossible count");
    counts.total_ += used[i].count;
  }
  if (used.empty()) return counts;
  counts.least_ = in.f64();
  counts.greatest_ = in.f64();
  if (!(counts.least_ <= counts.greatest_) || bucket_of(counts.least_) != used.front().bucket ||
      bucket_of(counts.greatest_) != used.back().bucket ||
      std::signbit(counts.least_ + 0.0) != std::signbit(counts.least_) ||
      std::signbit(counts.greatest_ + 0.0) != std::signbit(counts.greatest_))
    throw DecodeError("the extremes of a quantile are not in its buckets");
  counts.list_ = std::move(used);
  return counts;
}

std::size_t BucketCounts::heap_bytes() const {
  return window_.capacity() * sizeof(std::uint64_t) + list_.capacity() * sizeof(Entry) +
         waiting_.capacity() * sizeof(Bucket);
}

}  // namespace fanfold::reduce
