#include "exec/open_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace fanfold {
namespace {

/// Read at once; a timeout and an interruption are noticed in between.
constexpr std::size_t piece_bytes = 16 << 20;

/// What a file whose size is not known (in /proc, say) is taken to have at first.
constexpr std::uint64_t unknown_size_bytes = 4096;

[[noreturn]] void throw_errno(int error) { throw ReadError(std::generic_category().message(error)); }

}  // namespace

void ReadPatience::check() const {
  if (interrupted_) throw ReadError("interrupted");
  if (timeout_ && std::chrono::steady_clock::now() - start_ > *timeout_) throw ReadTimedOut();
}

void throw_too_long(std::uint64_t max_bytes) {
  throw ReadError(fmt::format("it has more than {} bytes, see max_bytes", max_bytes));
}

// Without O_NONBLOCK the opening of a pipe without a writer would never return.
OpenFile::OpenFile(const std::string& path)
    : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {
  struct stat status = {};
  if (!file_.is_open() || fstat(file_.get(), &status) != 0) throw_errno(errno);
  if (S_ISDIR(status.st_mode)) throw_errno(EISDIR);
  if (!S_ISREG(status.st_mode)) throw ReadError("not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
  posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::string OpenFile::read(ByteRange range, std::uint64_t max_bytes, const ReadPatience& patience) const {
  const std::uint64_t length = range.end > range.begin ? range.end - range.begin : 0;
  const std::uint64_t known = size_ > range.begin ? size_ - range.begin : 0;
  // One byte more than there is, so that the end is seen without growing.
  const std::uint64_t expected = size_ > 0 ? known + 1 : unknown_size_bytes;
  std::string bytes;
  bytes.resize(std::min({length, expected, max_bytes + 1}));
  std::size_t size = 0;
  for (;;) {
    if (size > max_bytes) throw_too_long(max_bytes);
    if (size == length) break;
    if (size == bytes.size()) bytes.resize(std::min<std::uint64_t>({length, 2 * size, max_bytes + 1}));
    const std::size_t count =
        read_piece(bytes.data() + size, std::min(bytes.size() - size, piece_bytes), range.begin + size);
    if (count == 0) break;
    size += count;
    patience.check();
  }
  bytes.resize(size);
  return bytes;
}

std::size_t OpenFile::read_piece(char* to, std::size_t bytes, std::uint64_t at) const {
  for (;;) {
    const ssize_t count = pread(file_.get(), to, bytes, static_cast<off_t>(at));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw_errno(errno);
  }
}

}  // namespace fanfold
