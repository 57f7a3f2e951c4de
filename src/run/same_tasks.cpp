#include "run/same_tasks.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "core/stable_hash.hpp"
#include "job/task_filter.hpp"
#include "run/task_content.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t compared_rows = 4096;

using OnTask = std::function<void(std::uint64_t task, const StableHash& content)>;

/// Calls `on_task` for the tasks of a range that would run.
void for_each_content(const Job& job, TaskContents& contents, TaskRange range, const OnTask& on_task) {
  TaskFilter filter(job);
  while (!range.empty()) {
    const TaskRange batch{range.begin, std::min(range.end, range.begin + compared_rows)};
    range.begin = batch.end;
    const auto content = contents.of(batch);
    const TaskFilter::Met& met = filter.of({&batch, 1});
    TaskSet run;
    for (const TaskRange& each : met.tasks) run.insert(each);
    for (const TaskFilter::Failure& failure : met.failures)
      run.erase({failure.task.value(), failure.task.value() + 1});
    for (const TaskRange& each : run.ranges()) {
      for (std::uint64_t task = each.begin; task < each.end; ++task) {
        if (const auto& found = content[static_cast<std::size_t>(task - batch.begin)]) on_task(task, *found);
      }
    }
  }
}

/// Tasks by their content.
class Contents {
 public:
  void add(std::uint64_t task, const StableHash& content) { entries_.push_back({content, task}); }

  /// After the last task was added.
  void sort() {
    std::sort(entries_.begin(), entries_.end());
    taken_.assign(entries_.size(), 0);
  }

  /// The lowest task of this content that was not taken before.
  std::optional<std::uint64_t> take(const StableHash& content) {
    const auto first = std::lower_bound(entries_.begin(), entries_.end(), Entry{content, 0});
    const auto index = static_cast<std::size_t>(first - entries_.begin());
    if (first == entries_.end() || first->content != content) return std::nullopt;
    const std::size_t next = index + taken_[index];
    if (next == entries_.size() || entries_[next].content != content) return std::nullopt;
    ++taken_[index];
    return entries_[next].task;
  }

 private:
  struct Entry {
    StableHash content;
    std::uint64_t task;
    auto operator<=>(const Entry&) const = default;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> taken_;  // of those with one content, at the first of them
};

void append(MovedList& tasks, std::uint64_t from, std::uint64_t to) {
  if (!tasks.empty() && tasks.back().from.end == from && tasks.back().target().end == to) {
    ++tasks.back().from.end;
  } else {
    tasks.push_back({{from, from + 1}, TaskIndex(to)});
  }
}

}  // namespace

MovedList same_tasks(const Job& old_job, const TaskSet& candidates, const Job& job, TaskRange tasks) {
  TaskContents old_contents(old_job);
  TaskContents contents(job);
  if (old_contents.frame() != contents.frame()) return {};
  Contents known;
  for (const TaskRange& range : candidates.ranges()) {
    for_each_content(old_job, old_contents, range,
                     [&known](std::uint64_t task, const StableHash& content) { known.add(task, content); });
  }
  known.sort();
  MovedList moved;
  for_each_content(job, contents, tasks, [&](std::uint64_t task, const StableHash& content) {
    if (const auto from = known.take(content)) append(moved, *from, task);
  });
  std::ranges::sort(moved, {}, [](const MovedTasks& each) { return each.from.begin; });
  return moved;
}

}  // namespace fanfold
