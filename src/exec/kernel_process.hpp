// The process in which an isolated kernel runs, as its parent sees it.
#pragma once

#include <fanfold/kernel.hpp>

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/annotated_mutex.hpp"
#include "core/file_descriptor.hpp"
#include "exec/shared_batch.hpp"

namespace fanfold {

/// What the process executes, and its limits.
struct IsolatedKernelSpec {
  const KernelInfo* info = nullptr;  ///< must outlive the kernel
  std::string library;     ///< path of the library; empty: that in `library_bytes`, or else a built-in kernel
  int library_bytes = -1;  ///< an open file with the library's bytes; −1: none
  std::optional<std::uint64_t> memory;  ///< bytes that the process may have beyond what it begins with
  std::optional<std::chrono::duration<double>> timeout;  ///< of a task
};

/// The process, its memory and its pipes. Used by one thread, but for `kill`. The process, and all of its
/// group, ends with this object, and with us however that ends.
class KernelProcess {
 public:
  /// Starts it and waits until it can run batches. Throws std::runtime_error if it does not come so far; soon
  /// once `interrupted` is true.
  KernelProcess(const IsolatedKernelSpec& spec, const std::atomic<bool>& interrupted);
  ~KernelProcess();
  KernelProcess(const KernelProcess&) = delete;
  KernelProcess& operator=(const KernelProcess&) = delete;

  SharedMemory& memory() { return memory_; }
  SharedMemory& notes() { return notes_; }
  SharedHeader& header() { return *reinterpret_cast<SharedHeader*>(memory_.data()); }

  /// Lets it run the batch that is in the memory. Returns why it died, or nothing.
  std::string run(std::optional<std::chrono::duration<double>> timeout);
  /// Writes what the kernel has written to standard output and error to standard error: soon, not after each
  /// short batch. The rest follows when this object ends.
  void pass_errors_on();
  /// By any thread.
  void kill() const FANFOLD_EXCLUDES(pid_mutex_);

 private:
  void wait_for_start(const std::atomic<bool>& interrupted);
  bool wait_for_word(int milliseconds) const;
  bool take_word() const;
  std::string take_errors();
  std::string death();
  int reap() FANFOLD_EXCLUDES(pid_mutex_);
  void kill_locked() const FANFOLD_REQUIRES(pid_mutex_);

  SharedMemory memory_;
  SharedMemory notes_;
  FileDescriptor errors_;
  FileDescriptor go_;
  FileDescriptor done_;
  std::chrono::steady_clock::time_point errors_passed_on_;
  FileDescriptor process_;  // becomes readable when it ends
  mutable Mutex pid_mutex_;
  pid_t pid_ FANFOLD_GUARDED_BY(pid_mutex_) = -1;
};

/// The first argument of the program when it is such a process, and what it does then. Returns its exit
/// status.
inline constexpr const char* isolated_kernel_command = "isolated-kernel";
int serve_isolated_kernel(int argc, char** argv);

}  // namespace fanfold
