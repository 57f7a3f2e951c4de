// The source `read`: the contents of a file.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include "exec/file_descriptor.hpp"
#include "exec/source.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// Read at once; a timeout and an interruption are noticed in between.
constexpr std::size_t piece_bytes = 16 << 20;

/// What a file whose size is not known (in /proc, say) is taken to have at first.
constexpr std::size_t unknown_size_bytes = 4096;

class Read final : public Source {
 public:
  explicit Read(const Job& job)
      : folder_(job.folder), path_(job.source->arguments.at(0).templates.at(0).second) {}

  Retrieved retrieve(const Retrieval& retrieval) const override {
    const std::string path = path_.render(retrieval.context);
    Retrieved retrieved;
    try {
      read_file(path, retrieval, retrieved);
    } catch (const std::bad_alloc&) {
      fail(path, std::generic_category().message(ENOMEM), retrieved);
    } catch (const std::length_error&) {
      fail(path, std::generic_category().message(EFBIG), retrieved);
    }
    if (retrieved.status == Status::succeeded) {
      retrieved.results = {static_cast<std::int64_t>(retrieved.output.size())};
    } else {
      retrieved.output = {};
    }
    return retrieved;
  }

  std::string obstacle(const TemplateContext& context) const override {
    if (path_.depends_on_execution()) return {};
    const std::string path = path_.render(context);
    struct stat status = {};
    Retrieved retrieved;
    if (stat((std::filesystem::path(folder_) / path).c_str(), &status) != 0) {
      fail_with_errno(path, retrieved);
    } else if (!S_ISREG(status.st_mode)) {
      fail(path, what_else(status), retrieved);
    }
    return retrieved.error;
  }

  void interrupt() const override { interrupted_ = true; }
  bool keeps_output() const override { return false; }

 private:
  void read_file(const std::string& path, const Retrieval& retrieval, Retrieved& retrieved) const {
    // Without O_NONBLOCK the opening of a pipe without a writer would never return.
    const FileDescriptor file(
        open((std::filesystem::path(folder_) / path).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status = {};
    if (!file.is_open() || fstat(file.get(), &status) != 0) return fail_with_errno(path, retrieved);
    if (!S_ISREG(status.st_mode)) return fail(path, what_else(status), retrieved);
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);

    // One byte more than there is, so that the end is seen without growing.
    std::string& bytes = retrieved.output;
    bytes.resize(status.st_size > 0 ? static_cast<std::size_t>(status.st_size) + 1 : unknown_size_bytes);
    std::size_t size = 0;
    const Clock::time_point start = Clock::now();
    for (;;) {
      if (size == bytes.size()) bytes.resize(2 * size);
      const ssize_t count =
          ::read(file.get(), bytes.data() + size, std::min(bytes.size() - size, piece_bytes));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_with_errno(path, retrieved);
      if (count == 0) break;
      size += static_cast<std::size_t>(count);
      if (interrupted_) return fail(path, "interrupted", retrieved);
      if (retrieval.timeout && Clock::now() - start > *retrieval.timeout) {
        fail(path, fmt::format("timed out after {} s", retrieval.timeout->count()), retrieved);
        retrieved.status = Status::timed_out;
        return;
      }
    }
    bytes.resize(size);
  }

  static std::string what_else(const struct stat& status) {
    return S_ISDIR(status.st_mode) ? std::generic_category().message(EISDIR) : "not a regular file";
  }
  static void fail(const std::string& path, const std::string& why, Retrieved& retrieved) {
    retrieved.status = Status::failed;
    retrieved.error = fmt::format("cannot read '{}': {}", path, why);
  }
  static void fail_with_errno(const std::string& path, Retrieved& retrieved) {
    fail(path, std::generic_category().message(errno), retrieved);
  }

  std::string folder_;
  const Template& path_;  // of the job, which outlives its executor
  mutable std::atomic<bool> interrupted_ = false;
};

}  // namespace

SourceType read_source() {
  static const SourceInfo info = [] {
    SourceInfo read;
    read.name = "read";
    read.summary = "reads a whole file";
    read.keys = {{"read", KeyKind::text, "path of the file, relative to the job file's folder"}};
    read.results = {{"bytes", Type::integer, "size of the file in bytes"}};
    read.has_output = true;
    return read;
  }();
  return {&info, [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<Read>(job); }};
}

}  // namespace fanfold
