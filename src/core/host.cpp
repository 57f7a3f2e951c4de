#include "core/host.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace fanfold {
namespace {

/// The limit in a file of a control group; what says "max" or is not there limits nothing.
std::uint64_t limit_in(const std::filesystem::path& file) {
  std::uint64_t bytes = 0;
  return std::ifstream(file) >> bytes ? bytes : UINT64_MAX;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

int allowed_cpus() {
  // The kernel's mask may be wider than cpu_set_t: try sizes until it fits.
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(cpus),
                                                               [](cpu_set_t* s) { CPU_FREE(s); });
    const std::size_t size = CPU_ALLOC_SIZE(cpus);
    if (set && sched_getaffinity(0, size, set.get()) == 0) return std::max(1, CPU_COUNT_S(size, set.get()));
  }
  return online_cpus();
}

std::uint64_t memory_of_host() {
  std::uint64_t memory =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  // cgroups(7): "0::/path" is the group of version 2, "N:memory:/path" that of version 1.
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const bool is_unified = line.starts_with("0::");
    const std::size_t memory_group = line.find(":memory:");
    if (!is_unified && memory_group == std::string::npos) continue;
    const std::filesystem::path root = is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char* const name = is_unified ? "memory.max" : "memory.limit_in_bytes";
    std::filesystem::path group = line.substr(is_unified ? 3 : memory_group + 8);
    for (;; group = group.parent_path()) {
      memory = std::min(memory, limit_in(root / group.relative_path() / name));
      if (group == group.parent_path()) break;
    }
  }
  return memory;
}

std::vector<std::string> visible_gpus() {
  std::vector<std::string> gpus;
  if (const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
    std::istringstream names(visible);
    // As CUDA reads it: what follows a number that is none does not count.
    for (std::string name; std::getline(names, name, ',') && !name.empty() && name != "-1";)
      gpus.push_back(name);
    return gpus;
  }
  while (std::filesystem::exists("/dev/nvidia" + std::to_string(gpus.size())))
    gpus.push_back(std::to_string(gpus.size()));
  return gpus;
}

int online_cpus() { return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))); }

}  // namespace fanfold
