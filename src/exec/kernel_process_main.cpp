// What the process of an isolated kernel does.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

#include "core/simd_target.hpp"
#include "exec/kernel_process.hpp"
#include "kernel/kernel_library.hpp"
#include "kernel/registry.hpp"

namespace fanfold {
namespace {

// What the process finds open, beside 0: a byte for each batch, and the end when its parent is gone.
constexpr int memory_descriptor = 3;
constexpr int notes_file = 4;
constexpr int done_file = 5;
constexpr int library_file = 6;

/// The results of a call, in the shared memory.
class CallResults final : public Results {
 public:
  CallResults(SharedBatch& batch, const KernelInfo& info, std::size_t first, std::size_t count)
      : batch_(batch), results_(info.results.size()), first_(first), count_(count) {}

  std::span<std::int64_t> integers(std::size_t result) override {
    return {reinterpret_cast<std::int64_t*>(batch_.result(result)) + first_, count_};
  }
  std::span<double> reals(std::size_t result) override {
    return {reinterpret_cast<double*>(batch_.result(result)) + first_, count_};
  }
  void text(std::size_t result, std::size_t task, std::string_view value) override {
    encode(notes, {first_ + task, result, value});
  }
  void fail(std::size_t task, std::string_view reason) override {
    encode(notes, {first_ + task, results_, reason});
  }

  ByteWriter notes;

 private:
  SharedBatch& batch_;
  std::size_t results_;
  std::size_t first_;
  std::size_t count_;
};

/// Runs rows; if that throws, each alone.
void call(const Kernel& kernel, SharedBatch& shared, const Batch& batch, std::size_t first, std::size_t count,
          ByteWriter& notes) {
  CallResults results(shared, kernel.info(), first, count);
  std::string reason = "it threw something that is not a std::exception";
  try {
    kernel.run(batch.rows(first, count), results);
    notes.raw(results.notes.bytes());
    return;
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
  }
  if (count > 1) {
    for (std::size_t row = first; row < first + count; ++row) call(kernel, shared, batch, row, 1, notes);
    return;
  }
  CallResults failure(shared, kernel.info(), first, 1);
  failure.fail(0, reason);
  notes.raw(failure.notes.bytes());
}

/// Runs the batch in the memory, call by call.
void run_batch(const Kernel& kernel, SharedMemory& memory, SharedMemory& notes_memory) {
  SharedBatch shared(kernel.info(), memory);
  const Batch batch = shared.batch();
  const std::size_t piece = std::max<std::size_t>(1, shared.header().piece);
  std::size_t notes_bytes = 0;
  for (std::size_t first = 0; first < batch.size(); first += piece) {
    const std::size_t count = std::min(piece, batch.size() - first);
    ByteWriter notes;
    call(kernel, shared, batch, first, count, notes);
    if (notes.size() > 0) {
      notes_memory.reserve(notes_bytes + notes.size());
      std::memcpy(notes_memory.data() + notes_bytes, notes.bytes().data(), notes.size());
      notes_bytes += notes.size();
      shared.header().notes_bytes = notes_bytes;
    }
    shared.header().ended = first + count;
  }
}

/// For the thread that watches, which calls two system calls; the C library keeps variables of threads there.
constexpr std::size_t watcher_stack_bytes = 256 << 10;
/// Above what kernels may close or overwrite by their own numbers.
constexpr int lowest_watched_descriptor = 64;

/// Ends this process and all that the kernel has started when our parent is gone: it alone has the other end
/// of this pipe.
void* watch_parent(void* pipe) {
  pollfd parent{*static_cast<const int*>(pipe), 0, 0};
  while (poll(&parent, 1, -1) < 0 && errno == EINTR) {
  }
  if (getpgrp() == getpid()) ::kill(0, SIGKILL);
  _exit(1);
}

/// Even in an endless loop the process must not survive its parent, however that ends. The kernel's own word
/// of a parent's death would reach only this process, not what it started.
void end_with_parent() {
  static int pipe = -1;
  pipe = fcntl(0, F_DUPFD_CLOEXEC, lowest_watched_descriptor);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, watcher_stack_bytes);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the kernel's handlers are not for the thread that watches
  pthread_t thread;
  const bool watched = pipe >= 0 && pthread_create(&thread, &attributes, watch_parent, &pipe) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (watched) prctl(PR_SET_PDEATHSIG, 0);
}

/// Limits the memory to what there is and so many bytes more.
void limit_memory(const char* text) {
  if (*text == '\0') return;
  std::uint64_t data_pages = 0;
  std::ifstream statm("/proc/self/statm");
  for (int field = 0; field < 6; ++field) statm >> data_pages;  // data and stack
  const rlim_t bytes =
      data_pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + std::strtoull(text, nullptr, 10);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_DATA, &limit);
}

/// `library` is a path, or "-" for the bytes in library_file, or empty. Libraries are never unloaded.
const Kernel& kernel_of(const std::string& library, const std::string& name) {
  if (library.empty()) {
    if (const Kernel* const kernel = find_kernel(name)) return *kernel;
    throw LibraryError(fmt::format("there is no kernel '{}'", name));
  }
  static std::shared_ptr<const KernelLibrary> loaded;
  loaded = KernelLibrary::open(library == "-" ? fmt::format("/proc/self/fd/{}", library_file) : library);
  return loaded->find(name);
}

/// Says that it is ready, and serves until the parent is gone.
void serve(const Kernel& kernel) {
  SharedMemory memory{FileDescriptor(memory_descriptor)};
  SharedMemory notes{FileDescriptor(notes_file)};
  notes.follow(1);
  char byte = 0;
  if (write(done_file, &byte, 1) != 1) return;
  for (;;) {
    const ssize_t got = read(0, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1) return;
    run_batch(kernel, memory, notes);
    std::fflush(stdout);
    if (write(done_file, &byte, 1) != 1) return;
  }
}

}  // namespace

int serve_isolated_kernel(int argc, char** argv) {
  if (argc != 6) return 2;
  // Until its end is watched; it may be gone already.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != std::atoi(argv[2])) return 0;
  end_with_parent();
  try {
    apply_simd_environment();
    const Kernel& kernel = kernel_of(argv[4], argv[3]);
    limit_memory(argv[5]);
    serve(kernel);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

}  // namespace fanfold
