// The keys of [task] that are neither a source's nor parameters of a kernel.
#pragma once

#include <string>
#include <vector>

namespace fanfold {

/// A kernel's parameter of such a name is given in [task.with].
const std::vector<std::string>& own_task_keys();

}  // namespace fanfold
