#include "run/allocation_end.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "exec/short_command.hpp"

namespace fanfold {
namespace {

/// What a command prints, if it succeeds.
std::optional<std::string> output_of(std::vector<std::string> words) {
  ChildEnd end = run_short_command(std::move(words));
  if (end.exit_code != 0) return std::nullopt;
  return std::move(end.output);
}

/// "2026-11-27T03:04:05", local time.
std::optional<WallTime> parse_time(std::string_view text) {
  std::tm parts{};
  const std::string word(text.substr(0, 19));
  if (strptime(word.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
  parts.tm_isdst = -1;
  const std::time_t time = std::mktime(&parts);
  if (time == -1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(time);
}

/// What follows the first `mark` after `from`.
std::optional<std::string_view> after(std::string_view text, std::string_view mark, std::size_t from = 0) {
  const std::size_t found = text.find(mark, from);
  if (found == std::string_view::npos) return std::nullopt;
  return text.substr(found + mark.size());
}

std::optional<std::int64_t> seconds_after(std::string_view text, std::string_view mark) {
  const std::optional<std::string_view> rest = after(text, mark);
  std::int64_t seconds = 0;
  if (!rest || std::from_chars(rest->data(), rest->data() + rest->size(), seconds).ec != std::errc())
    return std::nullopt;
  return seconds;
}

std::optional<WallTime> slurm_end(const std::string& id) {
  if (const std::string text = environment_text("SLURM_JOB_END_TIME"); !text.empty()) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc() && seconds > 0) return WallTime(std::chrono::seconds(seconds));
  }
  const std::optional<std::string> said = output_of({"scontrol", "show", "job", "-o", id});
  return said ? end_in_slurm_job(*said) : std::nullopt;
}

}  // namespace

std::optional<WallTime> find_allocation_end() {
  if (const std::string id = environment_text("SLURM_JOB_ID"); !id.empty()) return slurm_end(id);
  const std::string id = environment_text("JOB_ID");
  if (id.empty() || environment_text("SGE_ROOT").empty()) return std::nullopt;
  const std::optional<std::string> xml = output_of({"qstat", "-xml", "-s", "r"});
  const std::optional<std::string> job = output_of({"qstat", "-j", id});
  return xml && job ? end_in_grid_engine_job(*xml, *job, id) : std::nullopt;
}

std::optional<WallTime> end_in_slurm_job(const std::string& text) {
  const std::optional<std::string_view> end = after(text, " EndTime=");
  return end ? parse_time(*end) : std::nullopt;
}

std::optional<WallTime> end_in_grid_engine_job(const std::string& xml, const std::string& job,
                                               const std::string& id) {
  const std::optional<std::string_view> entry = after(xml, "<JB_job_number>" + id + "</JB_job_number>");
  if (!entry) return std::nullopt;
  const std::optional<std::string_view> start = after(*entry, "<JAT_start_time>");
  const std::optional<WallTime> began = start ? parse_time(*start) : std::nullopt;
  std::optional<std::int64_t> limit = seconds_after(job, "h_rt=");
  if (const auto soft = seconds_after(job, "s_rt=")) limit = limit ? std::min(*limit, *soft) : *soft;
  if (!began || !limit) return std::nullopt;
  return *began + std::chrono::seconds(*limit);
}

}  // namespace fanfold
