#include "run/failure_log.hpp"

#include <algorithm>
#include <utility>

namespace fanfold {
namespace {

std::string last_line_of(const std::string& text) {
  const std::size_t end = text.find_last_not_of("\r\n\t ");
  if (end == std::string::npos) return {};
  const std::size_t newline = text.find_last_of('\n', end);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

void FailureLog::add(const Outcome& outcome) {
  FailureGroup* group = group_of(outcome.error, last_line_of(outcome.errors));
  if (group == nullptr) {
    ++others_;
    return;
  }
  if (group->count == 0 || outcome.task < group->first) {
    group->first = outcome.task;
    group->errors = outcome.errors;
    group->attempt = outcome.attempt;
    group->rank = outcome.rank;
    group->has_source = true;
  }
  ++group->count;
}

void FailureLog::add(const FailedTasks& failed, Rank rank) {
  FailureGroup* group = group_of(failed.reason, {});
  if (group == nullptr) {
    others_ += failed.count;
    return;
  }
  ByteReader reader(failed.tasks);
  const TaskList tasks = decode_task_list(reader);
  if (!tasks.empty() && (group->count == 0 || TaskIndex(tasks.front().begin) < group->first)) {
    group->first = TaskIndex(tasks.front().begin);
    group->rank = rank;
  }
  group->count += failed.count;
}

std::vector<FailureGroup> FailureLog::groups() const {
  std::vector<FailureGroup> result = groups_;
  std::sort(result.begin(), result.end(), [](const FailureGroup& a, const FailureGroup& b) {
    return std::pair(b.count, a.first) < std::pair(a.count, b.first);
  });
  return result;
}

FailureGroup* FailureLog::group_of(const std::string& error, const std::string& last_line) {
  for (FailureGroup& group : groups_) {
    if (group.error == error && group.last_line == last_line) return &group;
  }
  if (groups_.size() == most_groups) return nullptr;
  FailureGroup& group = groups_.emplace_back();
  group.error = error;
  group.last_line = last_line;
  return &group;
}

}  // namespace fanfold
