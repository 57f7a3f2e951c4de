#include "cli/task_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.hpp"
#include "job/task_filter.hpp"
#include "report/answers.hpp"

namespace fanfold {
namespace {

std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<TaskRange> parse_range(const std::string& text, std::uint64_t size) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view first = std::string_view(text).substr(0, colon);
  const std::string_view end = std::string_view(text).substr(colon + 1);
  const auto begin_index = first.empty() ? 0 : parse_index(first);
  const auto end_index = end.empty() ? size : parse_index(end);
  if (!begin_index || !end_index) return std::nullopt;
  return TaskRange{*begin_index, *end_index};
}

}  // namespace

std::optional<TaskRange> parse_selection(const std::string& tasks, const std::string& task,
                                         std::uint64_t size) {
  if (!tasks.empty() && !task.empty()) throw UsageError("give --tasks or --task, not both");
  if (!task.empty()) {
    const auto index = parse_index(task);
    if (!index || *index >= size) {
      throw UsageError(fmt::format("--task: expected an index from 0 to {}, not '{}'", size - 1, task));
    }
    return TaskRange{*index, *index + 1};
  }
  if (tasks.empty()) return std::nullopt;
  const auto range = parse_range(tasks, size);
  if (!range || range->empty() || range->end > size) {
    throw UsageError(
        fmt::format("--tasks: expected FIRST:END with 0 <= FIRST < END <= {}, not '{}'", size, tasks));
  }
  return range;
}

void check_is_run(const Job& job, TaskIndex task) {
  if (TaskFilter(job).meets(task)) return;
  const auto where =
      std::ranges::find(job.fingerprint, std::string_view("where"), &Job::FingerprintEntry::key);
  throw UsageError(fmt::format("--task {}: the task ({}) is left out: it does not meet where = {}",
                               task.value(), params_text(job, task), where->value));
}

TaskRange parse_part(const std::string& text, std::uint64_t size) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto part = parse_index(std::string_view(text).substr(0, slash));
  const auto parts = parse_index(std::string_view(text).substr(std::min(slash + 1, text.size())));
  if (!part || !parts || *part < 1 || *part > *parts)
    throw UsageError(fmt::format("--part: expected K/N with 1 <= K <= N, as in 2/8, not '{}'", text));
  if (*parts > size)
    throw UsageError(fmt::format("--part: {} tasks cannot be split into {} parts", size, *parts));
  // The first size % parts of them have one task more.
  const auto begin_of = [each = size / *parts, longer = size % *parts](std::uint64_t index) {
    return index * each + std::min(index, longer);
  };
  return {begin_of(*part - 1), begin_of(*part)};
}

TaskIndex parse_task(const std::string& text, std::uint64_t size) {
  const auto index = parse_index(text);
  if (!index || *index >= size)
    throw UsageError(fmt::format("task: expected an index from 0 to {}, not '{}'", size - 1, text));
  return TaskIndex(*index);
}

}  // namespace fanfold
