// For which CPUs a kernel is compiled that all ranks are to run.
#pragma once

#include "core/cpu_level.hpp"
#include "run/transport.hpp"

namespace fanfold {

/// The lowest level of all ranks. On rank zero, before it sends the job: waits until every rank has said that
/// it is present. Of ranks that say nothing for long nothing is known: then the lowest that any program of
/// ours runs on.
CpuLevel lowest_cpu_level(Transport& transport);

}  // namespace fanfold
