#include "run/replaced_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "journal/new_run_file.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// A database of SQLite, and what belongs to it. The database comes last: who finds it finds all of it.
constexpr const char* suffixes[] = {"-shm", "-wal", ""};

void remove_files(const fs::path& path) {
  std::error_code ignored;
  for (const char* suffix : suffixes) fs::remove(path.string() + suffix, ignored);
}

}  // namespace

ReplacedRun::ReplacedRun(const fs::path& path)
    : path_(path), aside_(path.string() + fmt::format(".old-{}", ::getpid())) {
  check_replaceable(path_);
  if (!fs::exists(path_)) return;
  remove_files(aside_);
  fs::rename(path_, aside_);
  is_aside_ = true;
  std::error_code none;  // of a file that was closed well there is nothing else
  fs::rename(path_.string() + "-wal", aside_.string() + "-wal", none);
  fs::remove(path_.string() + "-shm", none);
}

ReplacedRun::~ReplacedRun() {
  if (!is_aside_) return;
  remove_files(path_);
  std::error_code ignored;
  for (const char* suffix : suffixes) fs::rename(aside_.string() + suffix, path_.string() + suffix, ignored);
}

void ReplacedRun::remove() {
  if (is_aside_) remove_files(aside_);
  is_aside_ = false;
}

}  // namespace fanfold
