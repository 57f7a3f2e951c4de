// A program that runs for the whole run and is spoken to line by line, through its standard input and output.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/file_descriptor.hpp"
#include "exec/child_process.hpp"

namespace fanfold {

/// Used by one thread. All that it started and that is still in its process group is killed when it goes.
class WorkerProcess {
 public:
  /// Starts it. Throws SpawnError, or std::system_error if a pipe cannot be had.
  WorkerProcess(const ChildProgram& program, ChildGroups& groups);
  /// Kills it, if it was not ended before.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Adds to what it is to read. `exchange` writes it as the process takes it.
  void send(std::string_view text);
  /// Bytes of what was sent that it has read.
  std::uint64_t bytes_taken() const;
  /// Bytes that were sent and are not written to the pipe.
  std::size_t unwritten() const { return to_write_.size() - written_; }

  /// Reads and writes what is possible: waits until something is, or the process ended, or `longest` is over.
  /// Before that, for `pause`, it waits for the end of the process only, so that many lines come at once.
  void exchange(std::chrono::nanoseconds longest, std::chrono::nanoseconds pause);

  /// The next whole line that it wrote, without its end; valid until the next exchange.
  std::optional<std::string_view> next_line();
  /// The bytes of a line that has not ended.
  std::size_t begun_line() const { return read_.size() - taken_; }

  /// It wrote something that was not taken.
  bool has_more_output() const;

  /// It has ended, or closed its standard output: no more lines come, besides those that are here.
  bool is_over() const { return ended_ || !output_.is_open(); }
  /// Why it is over: "it ended with exit code 1". Waits a moment for its end.
  std::string why_over();
  int exit_code() const { return exit_code_; }  ///< once it is known why it is over; −1 by a signal
  int signal() const { return signal_; }

  /// The end of what it wrote to its standard error since the last call.
  std::string take_errors();
  void forget_errors() { errors_.clear(); }

  /// Closes its standard input, waits for its end, and insists: SIGTERM, then SIGKILL.
  void end();
  /// The same without closing its standard input first.
  void terminate();

 private:
  using Clock = std::chrono::steady_clock;

  void watch_end(std::chrono::nanoseconds longest);
  void wait_for_events(std::chrono::nanoseconds longest);
  bool has_ended() const;
  bool ends_within(std::chrono::nanoseconds time);
  void write_some();
  void close_input();
  void read_output();
  void read_errors();
  void reap();

  ChildGroups& groups_;
  pid_t pid_ = -1;      // −1 once it is reaped
  FileDescriptor end_;  // readable when it has ended; not open on old systems
  FileDescriptor input_;
  FileDescriptor output_;
  FileDescriptor error_pipe_;
  std::string to_write_;
  std::size_t written_ = 0;        // bytes of to_write_
  std::uint64_t sent_before_ = 0;  // bytes that are no longer in to_write_
  int unread_at_close_ = 0;        // bytes in the input's pipe when it was closed
  std::string read_;
  std::size_t taken_ = 0;     // bytes of read_ that were returned as lines
  std::size_t searched_ = 0;  // bytes of read_ in which there is no further line's end
  std::string errors_;
  bool ended_ = false;
  int exit_code_ = -1;
  int signal_ = 0;
};

}  // namespace fanfold
