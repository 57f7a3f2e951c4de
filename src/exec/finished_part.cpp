#include "exec/finished_part.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fanfold {
namespace {

template <typename T>
void move_to_end(std::vector<T>& target, std::vector<T>& items) {
  target.insert(target.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
  items.clear();
}

TaskSet set_of(const TaskList& tasks) {
  TaskSet set;
  for (const TaskRange& range : tasks) set.insert(range);
  return set;
}

/// The same tasks as ascending, merged ranges: what a TaskSet encodes to, without a node for each of
/// thousands of ranges.
TaskList ascending(TaskList tasks) {
  std::sort(tasks.begin(), tasks.end(),
            [](const TaskRange& a, const TaskRange& b) { return a.begin < b.begin; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    if (tasks[i].begin == tasks[last].end) {
      tasks[last].end = tasks[i].end;
    } else {
      tasks[++last] = tasks[i];
    }
  }
  if (!tasks.empty()) tasks.resize(last + 1);
  return tasks;
}

}  // namespace

FinishedPart::FinishedPart(const Job& job) : partial(job.reductions), job_(&job) {}

void FinishedPart::fail(TaskIndex task, std::string_view reason) {
  auto place = failures_.find(reason);
  if (place == failures_.end()) place = failures_.emplace(reason, TaskList()).first;
  append(place->second, task);
  ++failed_count_;
}

void FinishedPart::merge(FinishedPart& other) {
  busy += std::exchange(other.busy, 0);  // without tasks too: their time may be known later than they
  if (other.empty()) return;
  if (empty()) {
    std::swap(busy, other.busy);
    return std::swap(*this, other);
  }
  move_to_end(finished, other.finished);
  left_out += std::exchange(other.left_out, 0);
  move_to_end(outcomes, other.outcomes);
  move_to_end(to_retry, other.to_retry);
  move_to_end(not_run, other.not_run);
  move_to_end(columns, other.columns);
  for (auto& [reason, tasks] : other.failures_) move_to_end(failures_[reason], tasks);
  failed_count_ += std::exchange(other.failed_count_, 0);
  other.failures_.clear();
  partial.merge(other.partial);
  other.partial.clear();
}

Report FinishedPart::take(ChunkId chunk) {
  Report report;
  report.chunk = chunk;
  report.finished = set_of(finished);
  report.left_out = std::exchange(left_out, 0);
  for (auto& [reason, tasks] : failures_) {
    const TaskList ranges = ascending(std::move(tasks));
    ByteWriter bytes;
    encode(bytes, ranges);
    report.failures.push_back({reason, size_of(ranges), bytes.take()});
  }
  report.outcomes = std::exchange(outcomes, {});
  report.to_retry = std::exchange(to_retry, {});
  report.not_run = std::exchange(not_run, {});
  report.columns = std::exchange(columns, {});
  report.busy = std::exchange(busy, 0);
  if (!job_->reductions.empty() && !finished.empty()) {
    ByteWriter bytes;
    partial.encode(bytes);
    report.partial = bytes.take();
  }
  partial.clear();
  finished.clear();
  failures_.clear();
  failed_count_ = 0;
  return report;
}

}  // namespace fanfold
