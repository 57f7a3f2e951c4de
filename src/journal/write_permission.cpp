#include "journal/write_permission.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fanfold {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& run_file) {
  return run_file.has_parent_path() ? run_file.parent_path() : fs::path(".");
}

std::optional<int> obstacle(const fs::path& path, int mode) {
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 || !is_obstacle(errno)) return std::nullopt;
  return errno;
}

}  // namespace

bool is_obstacle(int reason) { return reason == EACCES || reason == EPERM || reason == EROFS; }

std::optional<int> obstacle_to_writing(const fs::path& run_file) {
  const std::optional<int> of_folder = obstacle(folder_of(run_file), W_OK | X_OK);
  return of_folder ? of_folder : obstacle(run_file, W_OK);
}

RunFileError unwritable(const fs::path& run_file, int reason) {
  const bool is_folder = obstacle(folder_of(run_file), W_OK | X_OK).has_value() || !fs::exists(run_file);
  const fs::path whole_folder = fs::absolute(run_file).lexically_normal().parent_path();
  return RunFileError(
      ExitStatus::usage,
      fmt::format("run file '{}' cannot be written: {}{}; choose another place for it with --run FILE",
                  run_file.string(), std::strerror(reason),
                  is_folder ? fmt::format(" in the folder '{}'", whole_folder.string()) : ""));
}

}  // namespace fanfold
