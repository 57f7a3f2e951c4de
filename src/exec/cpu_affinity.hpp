// On which CPUs children and the threads that start them run.
#pragma once

#include <sched.h>

#include <cstdint>
#include <optional>

namespace fanfold {

/// The CPUs for children: those of this process. If Open MPI bound it to a single core at launch, all that
/// the machine lets us have: the children of a rank would starve one another there. Other bindings, by
/// taskset or Slurm, were somebody's decision. None: unknown, as on machines with more than 1024 CPUs.
std::optional<cpu_set_t> cpus_for_children();

/// Binds the calling thread to one CPU of the set, the number `index` modulo their count.
///
/// Threads that start short programs all the time are better bound, and their children free: otherwise the
/// scheduler gathers parents and children on one CPU (measured with /bin/true, two threads, two CPUs: 2,100
/// programs a second unbound, 3,500 bound).
void bind_this_thread(const cpu_set_t& cpus, std::uint32_t index);

}  // namespace fanfold
