#include "exec/isolated_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "exec/kernel_process.hpp"

namespace fanfold {
namespace {

/// Calls of a batch: so many that a death costs little, and so few that a call has many rows of a cheap
/// kernel.
constexpr std::size_t calls_of_batch = 16;

}  // namespace

/// How an exchange ended.
struct IsolatedKernel::End {
  std::size_t rows = 0;  ///< that ended
  std::string death;     ///< why the process died; empty: all rows ended
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
  KernelProcess* const running = &process();
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
    const std::uint64_t notes_bytes = running->header().notes_bytes;
    running->notes().follow(notes_bytes);
    const std::size_t size = std::min<std::size_t>(notes_bytes, running->notes().size());
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
    running->pass_errors_on();
  } else {
    const MutexLock lock(mutex_);
    process_.reset();
  }
  return end;
}

KernelProcess& IsolatedKernel::process() const {
  const MutexLock lock(mutex_);
  if (interrupted_) throw std::runtime_error("the run was stopped");
  if (process_ == nullptr) process_ = std::make_unique<KernelProcess>(spec_, interrupted_);
  return *process_;
}

void IsolatedKernel::interrupt() const {
  interrupted_ = true;  // before the lock, which is held while the process starts
  const MutexLock lock(mutex_);
  if (process_ != nullptr) process_->kill();
}

}  // namespace fanfold
