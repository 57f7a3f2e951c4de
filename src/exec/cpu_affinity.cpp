#include "exec/cpu_affinity.hpp"

#include <cstdlib>

namespace fanfold {
namespace {

/// A core has two hardware threads at most, where it matters.
constexpr int most_cpus_of_core = 2;

/// Open MPI says so to the processes that it bound itself.
bool is_bound_by_launcher() { return std::getenv("OMPI_MCA_orte_bound_at_launch") != nullptr; }

}  // namespace

std::optional<cpu_set_t> cpus_for_children() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return std::nullopt;
  if (!is_bound_by_launcher() || CPU_COUNT(&cpus) > most_cpus_of_core) return cpus;
  cpu_set_t bound = cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &cpus);
  // The kernel leaves out what does not exist or is not allowed: asking for all tells which remain.
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) return bound;
  const bool known = sched_getaffinity(0, sizeof cpus, &cpus) == 0;
  sched_setaffinity(0, sizeof bound, &bound);
  return known ? cpus : bound;
}

void bind_this_thread(const cpu_set_t& cpus, std::uint32_t index) {
  const int count = CPU_COUNT(&cpus);
  if (count == 0) return;
  int skip = static_cast<int>(index % static_cast<std::uint32_t>(count));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &cpus) || skip-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);  // advice: if it is refused, we run all the same
    return;
  }
}

}  // namespace fanfold
