#include "journal/event_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace fanfold {
namespace {

constexpr std::size_t most_ranges = 32;
constexpr std::string_view and_more = "…";

std::optional<TaskRange> parse_range(std::string_view text) {
  TaskRange range;
  const char* const end = text.data() + text.size();
  const auto [colon, begin_error] = std::from_chars(text.data(), end, range.begin);
  if (begin_error != std::errc() || colon == end || *colon != ':') return std::nullopt;
  const auto [last, end_error] = std::from_chars(colon + 1, end, range.end);
  if (end_error != std::errc() || last != end) return std::nullopt;
  return range;
}

}  // namespace

std::string event_detail(const TaskList& tasks) {
  if (tasks.size() < 2) return {};
  std::string text;
  for (std::size_t i = 0; i < tasks.size() && i < most_ranges; ++i)
    text += fmt::format("{}{}:{}", i == 0 ? "" : " ", tasks[i].begin, tasks[i].end);
  if (tasks.size() > most_ranges) text += fmt::format(" {}", and_more);
  return text;
}

std::optional<bool> concerns(const Event& event, TaskIndex task) {
  const std::uint64_t index = task.value();
  if (event.detail.empty()) return index >= event.task.value() && index - event.task.value() < event.count;
  std::string_view rest = event.detail;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    const std::optional<TaskRange> range = parse_range(word);
    if (!range) return std::nullopt;  // there are more, or another version wrote it
    if (index >= range->begin && index < range->end) return true;
  }
  return false;
}

}  // namespace fanfold
