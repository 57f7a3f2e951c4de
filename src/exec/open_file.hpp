// A regular file of which ranges are read.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/file_descriptor.hpp"

namespace fanfold {

/// Why a file cannot be read, for the task's outcome.
class ReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class ReadTimedOut : public ReadError {
 public:
  ReadTimedOut() : ReadError("timed out") {}
};

/// How long a task goes on reading.
class ReadPatience {
 public:
  ReadPatience(const std::atomic<bool>& interrupted, std::optional<std::chrono::duration<double>> timeout)
      : interrupted_(interrupted), timeout_(timeout) {}
  /// Throws ReadError, or ReadTimedOut, once it has ended.
  void check() const;

 private:
  const std::atomic<bool>& interrupted_;
  const std::optional<std::chrono::duration<double>> timeout_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Bytes from `begin` to before `end`.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
};

class OpenFile {
 public:
  /// Throws ReadError.
  explicit OpenFile(const std::string& path);

  std::uint64_t size() const { return size_; }
  /// The bytes of a range, as far as the file goes. Throws ReadError if they are more than `max_bytes`.
  std::string read(ByteRange range, std::uint64_t max_bytes, const ReadPatience& patience) const;

 private:
  std::size_t read_piece(char* to, std::size_t bytes, std::uint64_t at) const;

  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

[[noreturn]] void throw_too_long(std::uint64_t max_bytes);

}  // namespace fanfold
