#include "exec/chunk_work.hpp"

#include <algorithm>

namespace fanfold {
namespace {

/// Leaves room in 32 bits for the additions of threads that find nothing left.
constexpr std::uint64_t most_grains = std::uint64_t{1} << 31;
/// The same: the most that one addition adds.
constexpr std::uint64_t most_grains_of_claim = 1 << 16;

std::uint64_t first_of(std::uint64_t word) { return word & 0xFFFFFFFF; }
std::uint64_t end_of(std::uint64_t word) { return word >> 32; }

}  // namespace

ChunkWork::ChunkWork(Chunk chunk) : size_(size_of(chunk.tasks)), chunk_(std::move(chunk)) {
  grain_ = std::max<std::uint64_t>(1, (size_ + most_grains - 1) / most_grains);
  offsets_.reserve(chunk_.tasks.size());
  std::uint64_t offset = 0;
  for (const TaskRange& range : chunk_.tasks) {
    offsets_.push_back(offset);
    offset += range.size();
  }
  unclaimed_ = (size_ + grain_ - 1) / grain_ << 32;
}

std::uint64_t ChunkWork::claim(std::uint64_t count, TaskList& tasks) {
  const std::uint64_t seen = unclaimed_.load();
  if (first_of(seen) >= end_of(seen)) return 0;
  const std::uint64_t grains = std::clamp<std::uint64_t>(count / grain_, 1, most_grains_of_claim);
  const std::uint64_t word = unclaimed_.fetch_add(grains);
  const std::uint64_t first = first_of(word);
  const std::uint64_t end = std::min(first + grains, end_of(word));
  if (first >= end) return 0;
  append_tasks(position(first), position(end), tasks);
  return position(end) - position(first);
}

TaskList ChunkWork::recall(std::uint64_t count) {
  TaskList tasks;
  std::uint64_t word = unclaimed_.load();
  for (;;) {
    const std::uint64_t first = first_of(word);
    const std::uint64_t end = end_of(word);
    if (first >= end || count == 0) return tasks;
    const std::uint64_t left = position(end) - position(first);
    const std::uint64_t grains = count >= left ? end - first : count / grain_;
    if (grains == 0) return tasks;
    const std::uint64_t new_end = end - grains;
    if (unclaimed_.compare_exchange_weak(word, new_end << 32 | first)) {
      append_tasks(position(new_end), position(end), tasks);
      return tasks;
    }
  }
}

std::uint64_t ChunkWork::unstarted() const {
  const std::uint64_t word = unclaimed_.load();
  return first_of(word) >= end_of(word) ? 0 : position(end_of(word)) - position(first_of(word));
}

std::uint64_t ChunkWork::position(std::uint64_t grain) const { return std::min(grain * grain_, size_); }

void ChunkWork::append_tasks(std::uint64_t begin, std::uint64_t end, TaskList& tasks) const {
  auto index = static_cast<std::size_t>(std::upper_bound(offsets_.begin(), offsets_.end(), begin) -
                                        offsets_.begin() - 1);
  for (; begin < end; ++index) {
    const TaskRange& range = chunk_.tasks[index];
    const std::uint64_t first = range.begin + (begin - offsets_[index]);
    const std::uint64_t count = std::min(range.end - first, end - begin);
    append(tasks, TaskRange{first, first + count});
    begin += count;
  }
}

void append(TaskList& tasks, TaskRange range) {
  if (!tasks.empty() && tasks.back().end == range.begin) {
    tasks.back().end = range.end;
  } else {
    tasks.push_back(range);
  }
}

}  // namespace fanfold
