#include "run/run_file_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/error.hpp"

namespace fanfold {

RunFileWatch::RunFileWatch(const std::filesystem::path& run_file) : run_file_(run_file) {
  struct stat info {};
  if (::stat(run_file.c_str(), &info) == 0) {
    device_ = info.st_dev;
    number_ = info.st_ino;
  } else {
    check();  // it has gone already
  }
}

void RunFileWatch::check() const {
  struct stat info {};
  const bool is_there = ::stat(run_file_.c_str(), &info) == 0;
  if (!is_there && errno != ENOENT) return;
  if (is_there && info.st_dev == device_ && info.st_ino == number_) return;
  throw RunError(fmt::format(
      "run file '{}' was {} while it was being written: what this run recorded is lost; leave it alone, "
      "and run the same command again",
      run_file_.string(), is_there ? "replaced" : "removed"));
}

}  // namespace fanfold
