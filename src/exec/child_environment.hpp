// The environment variables of the children of a job.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exec/demand.hpp"
#include "job/job.hpp"
#include "job/template.hpp"

namespace fanfold {

/// True for the variables by which a launcher tells a process that it is a rank (of Open MPI, PMIx, MPICH, a
/// step of Slurm): a child that had them could not start an MPI program of its own. Those that allow Open MPI
/// to run as root are not among them.
bool marks_a_rank(std::string_view name);

/// Our own environment, without what marks a rank, and then for each attempt what the job's `env` says;
/// FANFOLD_INDEX, _SEED, _SEED31, _ATTEMPT, _RANK, _SLOT, _TMP, and FANFOLD_PARAM_x for each param x; the
/// number of threads for libraries that look for one, where nobody set it; CUDA_VISIBLE_DEVICES. Immutable;
/// for many threads.
class ChildEnvironment {
 public:
  /// `env` is the job's argument of that name, or null. Both must outlive this object.
  ChildEnvironment(const Job& job, const SourceArgument* env);

  /// What all children of commands inherit of our own, as "NAME=value".
  const std::vector<std::string>& inherited() const { return inherited_; }
  /// The variables of one attempt besides those.
  std::vector<std::string> of(const TemplateContext& context, const TaskShare& share) const;
  /// All variables of a worker, which is started for many tasks: FANFOLD_RANK and FANFOLD_SLOT only. A folder
  /// that is not empty comes first in PYTHONPATH.
  std::vector<std::string> of_worker(const TemplateContext& context, const std::string& python_folder) const;

 private:
  const SourceArgument* env_;
  std::vector<std::string> inherited_;
  std::string inherited_gpus_;             // its variable, or empty
  bool sets_gpus_ = true;                  // `env` does not
  std::vector<std::string_view> threads_;  // variables to set
  std::vector<std::string> params_;        // "FANFOLD_PARAM_x=", by slot
};

}  // namespace fanfold
