#include "exec/job_kernel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>

#include "core/error.hpp"

namespace fanfold {
namespace {

bool has_bytes(const std::string& path, const std::string& bytes) {
  std::ifstream in(path, std::ios::binary);
  return in && std::string(std::istreambuf_iterator<char>(in), {}) == bytes;
}

FileDescriptor file_of(const std::string& bytes) {
  const FileDescriptor low(memfd_create("fanfold-kernel", MFD_CLOEXEC));
  // Above all that the descriptors of a kernel's process become.
  FileDescriptor file(fcntl(low.get(), F_DUPFD_CLOEXEC, 64));
  if (!file.is_open())
    throw LibraryError(std::string("it cannot be kept in memory: ") + std::strerror(errno));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(file.get(), bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno != EINTR)
      throw LibraryError(std::string("it cannot be kept in memory: ") + std::strerror(errno));
    if (written > 0) at += static_cast<std::size_t>(written);
  }
  return file;
}

}  // namespace

JobKernel::JobKernel(const Job& job) : job_(job) {
  if (!job.kernel) return;
  try {
    prepare(*job.kernel);
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("the kernel '{}': {}", job.kernel->kernel->info().name, error.what()));
  }
}

void JobKernel::prepare(const KernelSpec& spec) {
  const JobSource::Library& library = spec.library;
  shared_ = spec.kernel;
  if (spec.declared != nullptr) {
    if (library.data == nullptr) throw LibraryError("its library is not here");
    if (library.level > cpu_level()) {
      throw LibraryError(
          fmt::format("it was compiled with {}, which this CPU has not", compiler_option(library.level)));
    }
    has_file_ = has_bytes(library.path, *library.data);
  }
  if (spec.isolate) {
    if (spec.declared != nullptr && !has_file_) library_bytes_ = file_of(*library.data);
    const MutexLock lock(mutex_);
    isolated_.push_back(std::make_unique<IsolatedKernel>(isolated(spec)));
    isolated_.front()->start();
  } else if (spec.declared != nullptr) {
    library_ = has_file_ ? KernelLibrary::open(library.path) : KernelLibrary::load(*library.data);
    shared_ = &library_->find(spec.kernel->info().name);
  }
}

IsolatedKernelSpec JobKernel::isolated(const KernelSpec& spec) const {
  return {&spec.kernel->info(), has_file_ ? spec.library.path : "", library_bytes_.get(), spec.memory,
          job_.run.timeout};
}

const Kernel* JobKernel::for_thread() {
  if (!job_.kernel || !job_.kernel->isolate) return shared_;
  const MutexLock lock(mutex_);
  if (given_ == isolated_.size())
    isolated_.push_back(std::make_unique<IsolatedKernel>(isolated(*job_.kernel)));
  return isolated_[given_++].get();
}

void JobKernel::interrupt() {
  const MutexLock lock(mutex_);
  for (const auto& kernel : isolated_) kernel->interrupt();
}

}  // namespace fanfold
