// What executes the kernel of a job on one rank: the kernel itself, or a process for each thread.
#pragma once

#include <fanfold/kernel.hpp>

#include <memory>
#include <vector>

#include "core/annotated_mutex.hpp"
#include "core/file_descriptor.hpp"
#include "exec/isolated_kernel.hpp"
#include "job/job.hpp"
#include "kernel/kernel_library.hpp"

namespace fanfold {

class JobKernel {
 public:
  /// Loads what the job's kernel needs, or starts its first process. Throws UsageError if this rank cannot.
  /// The job must outlive it.
  explicit JobKernel(const Job& job);

  /// The kernel for one thread, until this object goes; null: the job has none. By any thread.
  const Kernel* for_thread() FANFOLD_EXCLUDES(mutex_);

  /// Ends what processes run. By any thread.
  void interrupt() FANFOLD_EXCLUDES(mutex_);

 private:
  void prepare(const KernelSpec& spec);
  IsolatedKernelSpec isolated(const KernelSpec& spec) const;

  const Job& job_;
  const Kernel* shared_ = nullptr;  // of all threads, unless it is isolated
  std::shared_ptr<const KernelLibrary> library_;
  bool has_file_ = false;         // where rank zero found the library is the same one
  FileDescriptor library_bytes_;  // else its bytes
  Mutex mutex_;
  std::vector<std::unique_ptr<IsolatedKernel>> isolated_ FANFOLD_GUARDED_BY(mutex_);
  std::size_t given_ FANFOLD_GUARDED_BY(mutex_) = 0;  // of `isolated_`
};

}  // namespace fanfold
