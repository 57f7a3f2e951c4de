// The parts of [task]: which source and kernel it names, and who reads which of its keys.
#pragma once

#include <string>
#include <vector>

#include "job/reading.hpp"

namespace fanfold {

/// What [task] names, found before its keys are read.
struct TaskReading {
  const TomlEntry& section;
  Reading& reading;
  const TomlEntry* source_key = nullptr;  ///< the key that names the source
  const SourceInfo* source = nullptr;
  const TomlEntry* kernel_key = nullptr;
  const Kernel* kernel = nullptr;                    ///< null with a kernel_key: unknown
  std::shared_ptr<const Kernel> declared = nullptr;  ///< owns `kernel`, if it is the user's own
  std::vector<std::string> misspelt = {};  ///< keys that the user seems to have meant: not missed again

  const TomlNode& table() const { return section.node; }
  /// The key of a kernel's parameter, in [task.with] or in [task] itself; null if it is not given there.
  const TomlEntry* parameter_key(const std::string& name) const;
  bool is_source_key(const std::string& name) const;
};

/// Fills in Job::source: the source's keys.
void read_source(const TaskReading& task);
/// Fills in Job::kernel: the kernel's parameters.
void read_kernel(const TaskReading& task);
/// Fills in how Job::kernel is executed: isolate and kernel_memory; checks compiler_flags.
void read_isolation(const TaskReading& task);

}  // namespace fanfold
