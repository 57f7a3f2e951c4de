// A kernel that runs in a process of its own: whatever it does there, only the task that did it fails.
#pragma once

#include <fanfold/kernel.hpp>

#include <atomic>
#include <memory>

#include "core/annotated_mutex.hpp"
#include "exec/kernel_process.hpp"

namespace fanfold {

/// For one thread, which starts the process when it runs the first batch, and again after each death. The
/// process ends with the thread that started it, with this object, and with us.
///
/// The batch is shared memory; a byte through a pipe starts it, a byte through another says that it has
/// ended, and the end of that pipe that the process has died. The process calls the kernel for some rows at a
/// time and counts those that ended: what ended before a death is kept, and the rows of the deadly call are
/// run again one by one, so that only the guilty one fails.
class IsolatedKernel final : public Kernel {
 public:
  explicit IsolatedKernel(IsolatedKernelSpec spec);
  ~IsolatedKernel() override;

  const KernelInfo& info() const override { return *spec_.info; }
  void run(const Batch& batch, Results& results) const override;

  /// Starts the process, if there is none. Throws std::runtime_error. By the thread that runs batches, or
  /// before that.
  void start() const FANFOLD_EXCLUDES(mutex_) { process(); }

  /// Kills the process: the batch that it runs ends at once, its results are not to be used. By any thread.
  void interrupt() const FANFOLD_EXCLUDES(mutex_);

 private:
  struct End;

  void run_rows(const Batch& batch, std::size_t first, std::size_t count, std::size_t piece,
                Results& results) const;
  End exchange(const Batch& batch, std::size_t first, Results& results, std::size_t piece) const;
  KernelProcess& process() const FANFOLD_EXCLUDES(mutex_);

  const IsolatedKernelSpec spec_;
  mutable Mutex mutex_;
  mutable std::unique_ptr<KernelProcess> process_
      FANFOLD_GUARDED_BY(mutex_);  // changed by the thread of `run` only
  mutable std::atomic<bool> interrupted_ = false;
};

}  // namespace fanfold
