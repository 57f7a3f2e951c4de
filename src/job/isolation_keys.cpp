// isolate and kernel_memory in [task]: whether a kernel runs in a process of its own, and how large that may
// grow.
#include <fmt/format.h>

#include "job/own_kernel.hpp"
#include "job/task_section.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// True if the key stands there with a kernel to which it applies.
const TomlEntry* key_of_kernel(const TaskReading& task, std::string_view name) {
  const TomlEntry* const entry = task.table().find(name);
  if (entry != nullptr && task.kernel_key == nullptr) {
    task.reading.error(entry->place, fmt::format("'{}' needs a kernel", name));
  }
  return entry != nullptr && task.kernel != nullptr ? entry : nullptr;
}

}  // namespace

void read_isolation(const TaskReading& task) {
  Reading& reading = task.reading;
  const TomlEntry* const isolate = key_of_kernel(task, "isolate");
  const TomlEntry* const memory = key_of_kernel(task, "kernel_memory");
  const TomlEntry* const flags = key_of_kernel(task, "compiler_flags");
  if (task.kernel == nullptr) return;
  const bool is_own = is_kernel_path(task.kernel_key->node.text);
  KernelSpec& spec = *reading.job.kernel;
  spec.isolate = is_own;
  if (isolate != nullptr) spec.isolate = reading.boolean(setting_of(*isolate)).value_or(spec.isolate);
  if (memory != nullptr) {
    if (!spec.isolate) {
      reading.error(memory->place,
                    "'kernel_memory' needs 'isolate = true': it limits the process of the kernel");
    } else if (const auto bytes = reading.bytes(setting_of(*memory))) {
      spec.memory = *bytes;
    }
  }
  if (flags == nullptr) return;
  if (!is_own || !parse_kernel_path(task.kernel_key->node.text).is_source) {
    return reading.error(flags->place, "'compiler_flags' needs a kernel from source, such as \"heat.cpp\"");
  }
  if (!flags->node.is(Kind::list))
    return reading.wrong_type(setting_of(*flags), "a list such as [\"-DN=3\"]");
  for (const TomlNode& item : flags->node.items) {
    if (!item.is(Kind::text))
      reading.error(item.place, fmt::format("'compiler_flags' has strings, not {}", describe(item.kind)));
  }
}

}  // namespace fanfold
