// The kernels that a job can name.
#pragma once

#include <fanfold/kernel.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfold {

/// The built-in kernel of that name, or null. The object lives as long as the process.
const Kernel* find_kernel(std::string_view name);

/// The names of the built-in kernels, sorted.
std::vector<std::string> kernel_names();

}  // namespace fanfold
