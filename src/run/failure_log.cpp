#include "run/failure_log.hpp"

#include <algorithm>
#include <utility>

#include "run/failure_template.hpp"

namespace fanfold {
namespace {

std::string_view last_line_of(std::string_view text) {
  const std::size_t end = text.find_last_not_of("\r\n\t ");
  if (end == std::string_view::npos) return {};
  const std::size_t newline = text.find_last_of('\n', end);
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return text.substr(begin, std::min(end + 1 - begin, FailureLog::most_error_bytes));
}

/// The end of a text, without half a line or half a character at its beginning.
std::string end_of(const std::string& text) {
  if (text.size() <= FailureLog::most_error_bytes) return text;
  std::size_t begin = text.size() - FailureLog::most_error_bytes;
  const std::size_t newline = text.find('\n', begin);
  if (newline < text.size() - 1) {
    begin = newline + 1;
  } else {
    while (begin < text.size() && (text[begin] & 0xC0) == 0x80) ++begin;
  }
  return text.substr(begin);
}

bool goes_before(const FailureGroup& a, const FailureGroup& b) {
  return std::pair(b.count, a.first) < std::pair(a.count, b.first);
}

}  // namespace

FailureLog::FailureLog(const TaskSpace& space) : space_(space) {
  for (std::size_t slot = 0; slot < space.param_count(); ++slot) {
    if (space.type(slot) == Type::text) text_slots_.push_back(slot);
  }
}

void FailureLog::add(const Outcome& outcome, std::uint32_t execution) {
  FailureGroup& group = group_of(outcome.error, last_line_of(outcome.errors), outcome.task);
  if (group.count == 0 || outcome.task < group.first) {
    group.first = outcome.task;
    group.first_error = outcome.error;
    group.errors = end_of(outcome.errors);
    group.attempt = outcome.attempt;
    group.rank = outcome.rank;
    group.execution = execution;
    group.has_source = true;
  }
  ++group.count;
}

void FailureLog::add(const FailedTasks& failed, Rank rank) {
  ByteReader reader(failed.tasks);
  const TaskList tasks = decode_task_list(reader);
  if (!tasks.empty()) add_computed(failed.reason, TaskIndex(tasks.front().begin), failed.count, rank);
}

void FailureLog::add(TaskRange tasks, const std::string& reason) {
  add_computed(reason, TaskIndex(tasks.begin), tasks.size(), std::nullopt);
}

void FailureLog::add_computed(const std::string& reason, TaskIndex first, std::uint64_t count,
                              std::optional<Rank> rank) {
  FailureGroup& group = group_of(reason, {}, first);
  if (group.count == 0 || first < group.first) {
    group.first = first;
    group.first_error = reason;
    group.rank = rank;
  }
  group.count += count;
}

std::vector<FailureGroup> FailureLog::groups() const {
  std::vector<FailureGroup> result;
  for (const auto& [key, group] : groups_) result.push_back(group);
  std::sort(result.begin(), result.end(), goes_before);
  return result;
}

FailureGroup& FailureLog::group_of(const std::string& error, std::string_view last_line, TaskIndex task) {
  std::vector<std::string> texts;
  if (!text_slots_.empty()) {
    const std::vector<Value> params = space_.params_of(task);
    for (const std::size_t slot : text_slots_) texts.push_back(std::get<std::string>(params[slot]));
  }
  std::string error_template = failure_template(error, texts);
  std::string line_template = failure_template(last_line, texts);
  std::string key = error_template + '\n' + line_template;
  auto found = groups_.find(key);
  if (found == groups_.end()) {
    if (groups_.size() == most_groups) give_up_the_smallest();
    found = groups_.try_emplace(std::move(key)).first;
    found->second.error = error;
    found->second.last_line = last_line;
    found->second.at_least = gave_up_;
    return found->second;
  }
  FailureGroup& group = found->second;
  if (group.error != error) group.error = std::move(error_template);
  if (group.last_line != last_line) {
    group.last_line = std::move(line_template);
    group.lines_differ = true;
  }
  return group;
}

void FailureLog::give_up_the_smallest() {
  std::vector<std::pair<const std::string*, const FailureGroup*>> sorted;
  for (const auto& [key, group] : groups_) sorted.emplace_back(&key, &group);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return goes_before(*a.second, *b.second); });
  std::vector<std::string> given_up;
  for (std::size_t i = most_groups / 2; i < sorted.size(); ++i) {
    others_ += sorted[i].second->count;
    given_up.push_back(*sorted[i].first);
  }
  for (const std::string& key : given_up) groups_.erase(key);
  gave_up_ = true;
}

}  // namespace fanfold
