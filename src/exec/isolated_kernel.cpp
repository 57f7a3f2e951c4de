#include "exec/isolated_kernel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/simd_target.hpp"
#include "exec/child_environment.hpp"
#include "exec/child_process.hpp"
#include "exec/spawn.hpp"

namespace fanfold {
namespace {

using Clock = std::chrono::steady_clock;

/// Calls of a batch: so many that a death costs little, and so few that a call has many rows of a cheap
/// kernel.
constexpr std::size_t calls_of_batch = 16;

/// What a kernel's process may write to standard error, and be forgotten of, in one batch.
constexpr off_t errors_limit = 64 << 10;

/// For a process that has closed its pipe to end by itself.
constexpr int grace_milliseconds = 2000;

/// Children get descriptors from 3 on; ours are above, so that none is overwritten before it is passed on.
constexpr int lowest_descriptor = 64;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

FileDescriptor lifted(int number, const char* what) {
  const FileDescriptor low(number);
  if (number < 0) fail(what);
  FileDescriptor high(fcntl(number, F_DUPFD_CLOEXEC, lowest_descriptor));
  if (!high.is_open()) fail(what);
  return high;
}

FileDescriptor memory_file(const char* name) {
  FileDescriptor file = lifted(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), "cannot share memory");
  // The kernel's process cannot take memory away that we have mapped.
  fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK);
  return file;
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};
Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  Pipe pipe;
  pipe.read = lifted(ends[0], "cannot make a pipe");
  pipe.write = lifted(ends[1], "cannot make a pipe");
  return pipe;
}

std::vector<std::string> environment_of_kernel() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!marks_a_rank(text.substr(0, text.find('='))) && !text.starts_with("FANFOLD_SIMD=")) {
      variables.emplace_back(text);
    }
  }
  variables.push_back("FANFOLD_SIMD=" + simd_target());
  return variables;
}

/// The last line that is not blank.
std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.pop_back();
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

}  // namespace

/// How an exchange ended.
struct IsolatedKernel::End {
  std::size_t rows = 0;  ///< that ended
  std::string death;     ///< why the process died; empty: all rows ended
};

/// The process, its memory and its pipes.
class IsolatedKernel::Process {
 public:
  explicit Process(const IsolatedKernelSpec& spec)
      : memory_(memory_file("fanfold-batch")),
        notes_(memory_file("fanfold-notes")),
        errors_(lifted(memfd_create("fanfold-errors", MFD_CLOEXEC), "cannot keep errors")) {
    fcntl(errors_.get(), F_SETFL, O_APPEND);
    memory_.reserve(1);
    notes_.reserve(1);
    Pipe go = make_pipe();
    Pipe done = make_pipe();
    ChildProgram program;
    const std::string library = spec.library.empty() && spec.library_bytes >= 0 ? "-" : spec.library;
    program.arguments = {"/proc/self/exe",
                         isolated_kernel_command,
                         std::to_string(getpid()),
                         spec.info->name,
                         library,
                         spec.memory ? std::to_string(*spec.memory) : ""};
    program.environment = environment_of_kernel();
    program.folder = std::filesystem::current_path().string();
    StandardFiles files{go.read.get(), errors_.get(), errors_.get(), {}};
    files.more = {memory_.file(), notes_.file(), done.write.get()};
    if (spec.library_bytes >= 0) files.more.push_back(spec.library_bytes);
    Spawned spawned = spawn(program, files);
    process_ = std::move(spawned.end);
    {
      const MutexLock lock(pid_mutex_);
      pid_ = spawned.pid;
    }
    go_ = std::move(go.write);
    done_ = std::move(done.read);
    done.write.close();
    char ready = 0;
    if (read(done_.get(), &ready, 1) != 1) throw std::runtime_error(death());
  }
  ~Process() { reap(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  SharedMemory& memory() { return memory_; }
  SharedMemory& notes() { return notes_; }
  SharedHeader& header() { return *reinterpret_cast<SharedHeader*>(memory_.data()); }

  /// By any thread.
  void kill() const FANFOLD_EXCLUDES(pid_mutex_) {
    const MutexLock lock(pid_mutex_);
    kill_locked();
  }

  /// Lets it run the batch that is in the memory. Returns why it died, or nothing.
  std::string run(std::optional<std::chrono::duration<double>> timeout) {
    const char byte = 0;
    if (write(go_.get(), &byte, 1) != 1) return death();
    std::uint64_t ended = 0;
    for (;;) {
      pollfd waiting{done_.get(), POLLIN, 0};
      const int ready =
          poll(&waiting, 1, timeout ? static_cast<int>(std::min(timeout->count() * 1000 + 1, 2e9)) : -1);
      if (ready < 0 && errno == EINTR) continue;
      if (ready > 0) break;
      // The time is that of a task; of calls with several, only that something ends within it is known.
      const std::uint64_t now = header().ended;
      if (now == ended) {
        reap();
        return fmt::format("timed out after {:g} s", timeout->count());
      }
      ended = now;
    }
    char answer = 0;
    return read(done_.get(), &answer, 1) == 1 ? std::string() : death();
  }

  /// What the kernel wrote to standard output and error since the last call.
  std::string take_errors() {
    struct stat status = {};
    if (fstat(errors_.get(), &status) != 0 || status.st_size == 0) return {};
    const off_t from = std::max<off_t>(0, status.st_size - errors_limit);
    std::string text(static_cast<std::size_t>(status.st_size - from), '\0');
    const ssize_t size = pread(errors_.get(), text.data(), text.size(), from);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    // It writes at the end, wherever that is: what it writes meanwhile is lost, or comes with the next.
    if (ftruncate(errors_.get(), 0) != 0) fail("cannot empty a file in memory");
    return text;
  }

 private:
  /// Ends what is left of it. Returns how it ended.
  int reap() FANFOLD_EXCLUDES(pid_mutex_) {
    const MutexLock lock(pid_mutex_);
    if (pid_ < 0) return 0;
    kill_locked();
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  /// Its number is its own until it is reaped.
  void kill_locked() const FANFOLD_REQUIRES(pid_mutex_) {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }

  /// It has died or closed its pipe.
  std::string death() {
    // It may still be on its way: the pipe closes before the process can be waited for. Or it has closed the
    // pipe by mistake, and lives.
    pollfd ending{process_.get(), POLLIN, 0};
    poll(&ending, 1, grace_milliseconds);
    const int status = reap();
    std::string reason =
        WIFSIGNALED(status)
            ? fmt::format("killed by signal {} ({})", WTERMSIG(status), name_of_signal(WTERMSIG(status)))
            : fmt::format("the kernel ended its process, with exit code {}", WEXITSTATUS(status));
    const std::string line = last_line(take_errors());
    return line.empty() ? reason : reason + ": " + line;
  }

  SharedMemory memory_;
  SharedMemory notes_;
  FileDescriptor errors_;
  FileDescriptor go_;
  FileDescriptor done_;
  FileDescriptor process_;  // becomes readable when it ends
  mutable Mutex pid_mutex_;
  pid_t pid_ FANFOLD_GUARDED_BY(pid_mutex_) = -1;
};

IsolatedKernel::IsolatedKernel(IsolatedKernelSpec spec) : spec_(std::move(spec)) {}

IsolatedKernel::~IsolatedKernel() = default;

void IsolatedKernel::run(const Batch& batch, Results& results) const {
  run_rows(batch, 0, batch.size(), std::max<std::size_t>(1, batch.size() / calls_of_batch), results);
}

void IsolatedKernel::run_rows(const Batch& batch, std::size_t first, std::size_t count, std::size_t piece,
                              Results& results) const {
  while (count > 0 && !batch.stop_requested()) {
    const End end = exchange(batch.rows(first, count), first, results, piece);
    first += end.rows;
    count -= end.rows;
    if (end.death.empty() || batch.stop_requested()) return;
    const std::size_t suspects = std::min(piece, count);
    if (suspects == 1) {
      results.fail(first, end.death);
    } else {
      for (std::size_t row = first; row < first + suspects; ++row) run_rows(batch, row, 1, 1, results);
    }
    first += suspects;
    count -= suspects;
  }
}

/// Results are those of the whole batch, of which `first` is the row where these begin.
IsolatedKernel::End IsolatedKernel::exchange(const Batch& batch, std::size_t first, Results& results,
                                             std::size_t piece) const {
  Process* const running = &process();
  const SharedLayout layout = share(batch, info(), piece, running->memory());
  End end{batch.size(), running->run(spec_.timeout)};
  const std::uint64_t ended = running->header().ended;
  if (!end.death.empty()) end.rows = std::min<std::uint64_t>(ended, batch.size());
  for (std::size_t i = 0; i < layout.results.size(); ++i) {
    const std::byte* const column = running->memory().data() + layout.results[i];
    const std::size_t bytes = end.rows * sizeof(std::uint64_t);
    if (info().results[i].type == Type::integer)
      std::memcpy(results.integers(i).data() + first, column, bytes);
    if (info().results[i].type == Type::real) std::memcpy(results.reals(i).data() + first, column, bytes);
  }
  try {
    running->notes().follow();
    const std::size_t size = std::min<std::size_t>(running->header().notes_bytes, running->notes().size());
    ByteReader reader(std::span(running->notes().data(), size));
    while (!reader.at_end()) {
      const SharedNote note = decode_shared_note(reader);
      if (note.row >= end.rows || note.result > info().results.size())
        throw DecodeError("a note of another batch");
      if (note.result < info().results.size()) {
        results.text(note.result, first + note.row, note.text);
      } else if (note.text == "std::bad_alloc" && spec_.memory) {
        results.fail(first + note.row,
                     fmt::format("out of memory: kernel_memory is {} bytes", *spec_.memory));
      } else {
        results.fail(first + note.row, note.text);
      }
    }
  } catch (const DecodeError& error) {
    // It has written where it must not: nothing that it gave can be trusted.
    end = {0, fmt::format("the kernel has overwritten memory that is not its own: {}", error.what())};
  }
  if (end.death.empty()) {
    const std::string written = running->take_errors();
    std::fwrite(written.data(), 1, written.size(), stderr);
  } else {
    const MutexLock lock(mutex_);
    process_.reset();
  }
  return end;
}

IsolatedKernel::Process& IsolatedKernel::process() const {
  const MutexLock lock(mutex_);
  if (interrupted_) throw std::runtime_error("the run was stopped");
  if (process_ == nullptr) process_ = std::make_unique<Process>(spec_);
  return *process_;
}

void IsolatedKernel::interrupt() const {
  const MutexLock lock(mutex_);
  interrupted_ = true;
  if (process_ != nullptr) process_->kill();
}

}  // namespace fanfold
