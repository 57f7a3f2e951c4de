#include "kernel/registry.hpp"

#include <algorithm>
#include <array>

// One line for each built-in kernel: the function that its file defines, `const Kernel& NAME()`.
#define FANFOLD_BUILT_IN_KERNELS(KERNEL) \
  KERNEL(black_scholes_kernel)           \
  KERNEL(count_down_kernel)              \
  KERNEL(ep_kernel)                      \
  KERNEL(integrate_kernel)               \
  KERNEL(mandelbrot_kernel)              \
  KERNEL(moments_kernel)                 \
  KERNEL(pi_kernel)                      \
  KERNEL(range_sum_kernel)               \
  KERNEL(sort_kernel)                    \
  KERNEL(words_kernel)

namespace fanfold {

#define FANFOLD_DECLARE(function) const Kernel& function();
FANFOLD_BUILT_IN_KERNELS(FANFOLD_DECLARE)
#undef FANFOLD_DECLARE

namespace {

#define FANFOLD_LIST(function) function,
constexpr std::array kernels{FANFOLD_BUILT_IN_KERNELS(FANFOLD_LIST)};
#undef FANFOLD_LIST

}  // namespace

const Kernel* find_kernel(std::string_view name) {
  for (const auto kernel : kernels) {
    if (kernel().info().name == name) return &kernel();
  }
  return nullptr;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const auto kernel : kernels) names.push_back(kernel().info().name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace fanfold
