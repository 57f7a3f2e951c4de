#include "report/digest.hpp"

#include <fmt/format.h>

#include "job/template.hpp"
#include "report/answers.hpp"
#include "report/error_lines.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

/// Reasons that are shown; the rest is counted and left to `fanfold results --failed`.
constexpr std::size_t most_shown = 10;
constexpr std::size_t most_error_lines = 5;

std::string group_text(const Job& job, const FailureGroup& group, const DigestContext& context) {
  const std::string params = params_text(job, group.first);
  const std::uint64_t task = group.first.value();
  std::string text = fmt::format("  {}{}: {}", group.at_least ? "at least " : "",
                                 count_of(group.count, "task"), without_control_characters(group.error));
  if (group.lines_differ) text += ": " + without_control_characters(group.last_line);
  text += fmt::format("\n    first: task {}{}", task, params.empty() ? "" : " (" + params + ")");
  if (group.rank) {
    text += fmt::format(", rank {}", group.rank->value());
    if (const std::string host = context.host_of(group); !host.empty()) text += " on " + host;
  }
  if (group.has_source) text += fmt::format(", attempt {}", group.attempt.value());
  text += "\n";
  if (group.first_error != group.error)
    text += "    error: " + without_control_characters(group.first_error) + "\n";
  text += last_lines(group.errors, most_error_lines, "    | ");
  text +=
      fmt::format("    again: fanfold run {} --task {} --run task-{}.run\n", context.arguments, task, task);
  return text;
}

}  // namespace

std::string digest_text(const Job& job, const std::vector<FailureGroup>& groups, std::uint64_t others,
                        const DigestContext& context) {
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i < most_shown) {
      text += group_text(job, groups[i], context);
    } else {
      others += groups[i].count;
    }
  }
  if (others > 0) text += fmt::format("  {} for other reasons\n", count_of(others, "task"));
  return text +
         fmt::format("  all of them: fanfold results {} --failed\n", quote_for_shell(context.run_file));
}

std::string arguments_of(const JobSource& source) {
  std::string text = (source.overrides.commands ? "--commands " : "") + quote_for_shell(source.file);
  if (source.overrides.seed) text += fmt::format(" --seed {}", *source.overrides.seed);
  for (const auto& [key, value] : source.overrides.set)
    text += " --set " + quote_for_shell(fmt::format("{}={}", key, value));
  for (const auto& [key, value] : source.overrides.run) {
    if (key == "timeout") text += " --timeout " + quote_for_shell(value);
  }
  return text;
}

}  // namespace fanfold
