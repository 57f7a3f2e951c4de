// Waiting for another process that is about to answer.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace fanfold {

/// Looks for a byte in a pipe for a short time before one sleeps, for to wake a process takes longer than to
/// answer it. Where that was in vain, because the answer takes long or others use the CPUs, the next answers
/// are not looked for: at first one, in the end 255. For one thread.
class BriefLook {
 public:
  /// Reads a byte from a pipe that does not block, and lets others use the CPU between two looks. Returns
  /// what read() returned last: 1; 0 at the pipe's end; −1 with EAGAIN, to sleep until there is one.
  ssize_t read_byte(int pipe) {
    if (left_out_ > 0) {
      --left_out_;
      return read_once(pipe);
    }
    const Clock::time_point end = Clock::now() + longest;
    ssize_t got = read_once(pipe);
    while (got < 0 && (errno == EAGAIN || errno == EINTR) && Clock::now() < end) {
      sched_yield();
      got = read_once(pipe);
    }
    in_vain_ = Clock::now() < end ? 0 : std::min(2 * in_vain_ + 1, 255);
    left_out_ = in_vain_;
    return got;
  }

  /// The same without looking twice.
  static ssize_t read_once(int pipe) {
    char byte = 0;
    return read(pipe, &byte, 1);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds longest{50};

  int in_vain_ = 0;
  int left_out_ = 0;
};

}  // namespace fanfold
