#include "submit/submission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

namespace fanfold {

std::string script_path(const std::string& run_file) { return run_file + ".sh"; }
std::string log_path(const std::string& run_file) { return run_file + ".log"; }

std::string directive_path(const std::string& path) {
  return path.find_first_of(" \t") == std::string::npos ? path : '"' + path + '"';
}

std::string part_run_file(const std::string& run_file, const std::string& part) {
  const std::filesystem::path path(run_file);
  const std::string name = path.stem().string() + ".part" + part + path.extension().string();
  return (path.parent_path() / name).string();
}

std::chrono::seconds notice_before_end(const ClusterRequest& request) {
  // Enough for running tasks of the usual length, and no more than a tenth of the time. Less than ten seconds
  // would be too little to stop in good order.
  constexpr std::chrono::seconds least(10);
  constexpr std::chrono::seconds most(300);
  if (!request.time) return std::chrono::seconds(60);
  return std::clamp(std::chrono::duration_cast<std::chrono::seconds>(*request.time / 10), least, most);
}

std::string batch_name(const std::string& job_name) {
  std::string name;
  for (const char c : job_name) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    name += fits && static_cast<unsigned char>(c) < 0x80 ? c : '_';
  }
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) name.insert(0, "job_");
  return name;
}

std::string clock_text(std::chrono::duration<double> time) {
  const auto seconds = static_cast<std::int64_t>(std::ceil(time.count()));
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace fanfold
