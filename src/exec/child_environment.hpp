// The environment variables of the children of a job.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "job/job.hpp"
#include "job/template.hpp"

namespace fanfold {

/// True for the variables by which a launcher tells a process that it is a rank (of Open MPI, PMIx, MPICH): a
/// child that had them could not start an MPI program of its own. Those that allow Open MPI to run as root
/// are not among them.
bool marks_a_rank(std::string_view name);

/// Our own environment, without what marks a rank, and then for each attempt what the job's `env` says and
/// FANFOLD_INDEX, FANFOLD_SEED, FANFOLD_ATTEMPT, FANFOLD_RANK, FANFOLD_SLOT. Immutable; for many threads.
class ChildEnvironment {
 public:
  /// `env` is the job's argument of that name, or null; it must outlive this object.
  explicit ChildEnvironment(const SourceArgument* env);

  /// "NAME=value" for each variable.
  std::vector<std::string> of(const TemplateContext& context) const;

 private:
  const SourceArgument* env_;
  std::vector<std::string> inherited_;
};

}  // namespace fanfold
