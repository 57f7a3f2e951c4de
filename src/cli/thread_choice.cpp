#include "cli/thread_choice.hpp"

#include <algorithm>

#include "core/host.hpp"
#include "exec/pool_sizer.hpp"
#include "mpi/load.hpp"

namespace fanfold {

std::uint32_t share_of_cpus() {
  const LocalRanks local = local_ranks();
  const int cpus = allowed_cpus();
  if (cpus < online_cpus()) return static_cast<std::uint32_t>(cpus);  // bound: they are this rank's own
  return static_cast<std::uint32_t>(
      std::max(1, cpus / local.count + (local.index < cpus % local.count ? 1 : 0)));
}

namespace {

/// The ranks of a host take turns, so that no GPU has two of them.
std::vector<std::string> share_of_gpus() {
  const LocalRanks local = local_ranks();
  const std::vector<std::string> all = visible_gpus();
  std::vector<std::string> share;
  for (auto gpu = static_cast<std::size_t>(local.index); gpu < all.size();
       gpu += static_cast<std::size_t>(local.count))
    share.push_back(all[gpu]);
  return share;
}

}  // namespace

Threads choose_threads(const Job& job) {
  const std::uint32_t share = share_of_cpus();
  Threads threads;
  threads.compute = job.run.compute_threads.value_or(share);
  threads.io = job.run.io_threads.value_or(share);
  threads.most_io = job.run.io_threads ? 0 : most_io_threads();
  threads.cpus = share;
  if (!job.source) return threads;  // nothing of it asks for memory or GPUs
  const std::uint64_t memory = job.run.memory ? *job.run.memory : memory_of_host();
  threads.memory = memory / static_cast<std::uint64_t>(local_ranks().count);
  threads.gpus = share_of_gpus();
  return threads;
}

}  // namespace fanfold
