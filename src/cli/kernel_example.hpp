// A job to start from, made of what a kernel declares of itself.
#pragma once

#include <string>

namespace fanfold {

struct KernelInfo;

/// The text of a job file that runs this kernel: a few tasks, every parameter with its description, a
/// reduction for every result. `fanfold check` accepts it as it is; the values of parameters without a
/// default are only such that their types and minima allow them.
/// `named` is what the job calls the kernel.
std::string example_job(const KernelInfo& kernel, const std::string& named);

}  // namespace fanfold
