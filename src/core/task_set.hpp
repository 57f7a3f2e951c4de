// Sets of tasks as merged ranges: 10^12 finished tasks take as much room as one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"

namespace fanfold {

/// The tasks begin … end−1.
struct TaskRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  bool empty() const { return begin >= end; }
  bool operator==(const TaskRange&) const = default;
};

/// One task as a range.
inline TaskRange range_of(TaskIndex task) { return {task.value(), task.value() + 1}; }

/// Tasks in the order in which they are to run: ranges one after the other, not merged, not sorted.
using TaskList = std::vector<TaskRange>;

/// The number of tasks of a list.
std::uint64_t size_of(const TaskList& tasks);
/// Appends a task, merged with the last range if it follows it.
void append(TaskList& tasks, TaskIndex task);
void encode(ByteWriter& out, const TaskList& tasks);
/// Throws DecodeError at an empty range or one that overflows.
TaskList decode_task_list(ByteReader& in);

/// A set of tasks. Not for several threads at once.
class TaskSet {
 public:
  TaskSet() = default;
  explicit TaskSet(TaskRange range) { insert(range); }

  void insert(TaskRange range);
  void insert(TaskIndex task) { insert({task.value(), task.value() + 1}); }
  void insert(const TaskSet& other);
  void erase(TaskRange range);
  void erase(const TaskSet& other);

  bool contains(TaskIndex task) const;
  /// True if every task of the range is in the set.
  bool contains(TaskRange range) const;
  bool intersects(TaskRange range) const;
  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The disjoint, sorted, non-adjacent ranges.
  std::vector<TaskRange> ranges() const;
  std::size_t range_count() const { return ranges_.size(); }
  std::optional<TaskRange> first() const;
  /// Takes up to `count` of the lowest tasks out of the set: one range, the first.
  TaskRange take_front(std::uint64_t count);

  bool operator==(const TaskSet& other) const { return ranges_ == other.ranges_; }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin → end
  std::uint64_t size_ = 0;
};

void encode(ByteWriter& out, const TaskSet& tasks);
TaskSet decode_task_set(ByteReader& in);

}  // namespace fanfold
