#include "cli/output_path.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// Also by another name, and also before there is such a file.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code failed;
  if (fs::equivalent(a, b, failed)) return true;
  return fs::weakly_canonical(fs::absolute(a), failed) == fs::weakly_canonical(fs::absolute(b), failed);
}

fs::path path_of(const JobSource& source) {
  const fs::path file = source.file;
  return source.folder / (source.overrides.commands ? file : file.filename());
}

}  // namespace

void check_output_path(const char* option, const std::string& output, const JobSource& source,
                       const std::string& run_file) {
  const auto refuse = [&](const char* what) {
    throw UsageError(
        fmt::format("{}: '{}' is the {} file, which would be lost; name another", option, output, what));
  };
  if (output.empty() || output == "-") return;
  if (same_file(output, run_file)) refuse("run");
  if (source.file != "-" && same_file(output, path_of(source))) refuse("job");
}

}  // namespace fanfold
