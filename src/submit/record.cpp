#include "submit/record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "job/read_file.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {

std::string record_path(const std::string& run_file) { return run_file + ".submission"; }

std::string record_text(const SubmissionRecord& record) {
  std::string text = fmt::format("scheduler {}\nsubmitted {}\n", record.scheduler, record.submitted);
  if (record.array > 0) text += fmt::format("array {}\n", record.array);
  for (const std::string& job : record.jobs) text += fmt::format("job {}\n", job);
  return text;
}

SubmissionRecord parse_record(const std::string& text, const std::string& path) {
  SubmissionRecord record;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, space);
    const std::string value(trim(line.substr(space)));
    if (key == "scheduler") {
      record.scheduler = value;
    } else if (key == "submitted") {
      record.submitted = value;
    } else if (key == "job" && !value.empty()) {
      record.jobs.push_back(value);
    } else if (key == "array" &&
               std::from_chars(value.data(), value.data() + value.size(), record.array).ec == std::errc()) {
      continue;
    } else {
      throw UsageError(fmt::format("{}:{}: expected scheduler, submitted, array or job and a value, not '{}'",
                                   path, number, line));
    }
  }
  if (record.scheduler.empty() || record.jobs.empty())
    throw UsageError(fmt::format("'{}' names no job of a batch system", path));
  return record;
}

void write_record(const std::string& run_file, const SubmissionRecord& record) {
  const std::string path = record_path(run_file);
  const std::string whole = fmt::format("{}.new-{}", path, getpid());
  std::ofstream file(whole, std::ios::trunc);
  file << record_text(record);
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(whole, path, error);
  if (!file || error) throw UsageError(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

std::optional<SubmissionRecord> read_record(const std::string& run_file) {
  const std::string path = record_path(run_file);
  if (!std::filesystem::exists(path)) return std::nullopt;
  return parse_record(read_file("the record of the submission", path), path);
}

}  // namespace fanfold
