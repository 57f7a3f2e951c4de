// RUN.submission: which job of which batch system runs a run. Lines of "KEY VALUE", so that a script can add
// one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfold {

struct SubmissionRecord {
  std::string scheduler;          ///< its name
  std::vector<std::string> jobs;  ///< their ids, in the order in which they were submitted
  std::uint32_t array = 0;        ///< parts; 0: no array
  std::string submitted;          ///< ISO 8601, UTC
  bool operator==(const SubmissionRecord&) const = default;
};

std::string record_path(const std::string& run_file);

std::string record_text(const SubmissionRecord& record);
/// Throws UsageError if the text is no such record; `path` is for its message.
SubmissionRecord parse_record(const std::string& text, const std::string& path);

/// Replaces the record of a run, whole. Throws UsageError if it cannot be written.
void write_record(const std::string& run_file, const SubmissionRecord& record);
/// None if the run was not submitted.
std::optional<SubmissionRecord> read_record(const std::string& run_file);

}  // namespace fanfold
