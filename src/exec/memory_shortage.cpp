#include "exec/memory_shortage.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string_view>

#include "exec/demand.hpp"

namespace fanfold {
namespace {

/// What programs say when an allocation fails, in the words of the C library, C++, Python, NumPy, Java, R,
/// Go, Node and dash.
constexpr std::string_view complaints[] = {
    "Cannot allocate memory", "std::bad_alloc",   "MemoryError",       "OutOfMemoryError",
    "cannot allocate vector", "out of memory",    "Out of memory",     "memory exhausted",
    "Out of space",           "ArrayMemoryError", "failed to allocate"};

/// A program that had so much of its limit in use when it failed may have wanted more.
constexpr double nearly_all = 0.9;

/// proc(5), /proc/vmstat: processes that the kernel has killed because memory was short, of this host.
std::uint64_t kills_by_kernel() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  std::uint64_t count = 0;
  while (counters >> name >> count) {
    if (name == "oom_kill") return count;
  }
  return 0;
}

/// A child begins in our memory, whose peak counts as its own: what is not above it is not known.
std::uint64_t own_peak() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

MemoryShortage::MemoryShortage() : kills_(kills_by_kernel()) {}

std::string MemoryShortage::explains(const ChildEnd& end, std::optional<std::uint64_t> limit) const {
  if (end.timed_out) return {};
  if (limit) {
    const bool complains = std::any_of(std::begin(complaints), std::end(complaints), [&](auto words) {
      return end.errors.find(words) != std::string::npos;
    });
    if (complains) return fmt::format(", out of memory: it may have {}", in_mebibytes(*limit));
    if (end.peak_bytes > own_peak() &&
        static_cast<double>(end.peak_bytes) >= nearly_all * static_cast<double>(*limit))
      return fmt::format(", perhaps out of memory: it had {} and may have {}", in_mebibytes(end.peak_bytes),
                         in_mebibytes(*limit));
  }
  if (end.signal != SIGKILL) return {};
  const std::uint64_t now = kills_by_kernel();
  return now > kills_.exchange(now) ? ", perhaps out of memory: the kernel has killed processes for it" : "";
}

}  // namespace fanfold
