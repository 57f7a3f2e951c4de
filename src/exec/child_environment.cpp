#include "exec/child_environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace fanfold {
namespace {

constexpr std::string_view own_prefix = "FANFOLD_";
constexpr std::string_view gpus_variable = "CUDA_VISIBLE_DEVICES";

/// Variables by which libraries learn how many threads to use.
constexpr std::string_view thread_variables[] = {
    "OMP_NUM_THREADS",     "OPENBLAS_NUM_THREADS",   "MKL_NUM_THREADS",   "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "JULIA_NUM_THREADS", "RAYON_NUM_THREADS"};

/// Longer params are no variables: the kernel takes 128 KiB for one.
constexpr std::size_t longest_param = 64 << 10;

bool starts_with_one_of(std::string_view name, auto... prefixes) {
  return (name.starts_with(prefixes) || ...);
}

/// What Slurm tells a process of a job step: srun would take the task for a part of it. What it says of the
/// whole job stays.
bool marks_a_step(std::string_view name) {
  return starts_with_one_of(name, "SLURM_STEP", "SLURM_SRUN_", "SLURM_PMI", "SLURM_MPI_", "SLURM_CPU_BIND",
                            "SLURM_MEM_BIND", "SLURM_LAUNCH_NODE") ||
         name == "SLURM_PROCID" || name == "SLURM_LOCALID" || name == "SLURM_NODEID" ||
         name == "SLURM_GTIDS" || name == "SLURM_TASK_PID" || name == "SLURM_DISTRIBUTION";
}

/// What Open MPI sets in the ranks of one host for their libraries of Omni-Path, and in what starts them.
bool is_for_omni_path(std::string_view variable) {
  return variable == "HFI_NO_BACKTRACE=1" || variable == "IPATH_NO_BACKTRACE=1" ||
         variable == "PSM2_DEVICES=self,shm";
}

}  // namespace

bool marks_a_rank(std::string_view name) {
  if (name.starts_with("OMPI_ALLOW_RUN_AS_ROOT")) return false;
  return starts_with_one_of(name, "OMPI_", "ORTE_", "OPAL_", "PRTE_", "PMIX_", "PMI_", "HYDRA_", "HYDI_",
                            "MPI_LOCAL") ||
         marks_a_step(name);
}

ChildEnvironment::ChildEnvironment(const Job& job, const SourceArgument* env) : env_(env) {
  const auto is_set_by_job = [&](std::string_view name) {
    return env_ != nullptr && std::any_of(env_->templates.begin(), env_->templates.end(),
                                          [&](const auto& entry) { return entry.first == name; });
  };
  threads_.assign(std::begin(thread_variables), std::end(thread_variables));
  std::erase_if(threads_, is_set_by_job);
  sets_gpus_ = !is_set_by_job(gpus_variable);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (marks_a_rank(name) || is_for_omni_path(text) || name.starts_with(own_prefix) || is_set_by_job(name))
      continue;
    std::erase(threads_, name);
    if (name == gpus_variable) {
      inherited_gpus_ = text;
    } else {
      inherited_.emplace_back(text);
    }
  }
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot)
    params_.push_back(fmt::format("{}PARAM_{}=", own_prefix, job.space.name(slot)));
}

std::vector<std::string> ChildEnvironment::of_worker(const TemplateContext& context,
                                                     const std::string& python_folder) const {
  constexpr std::string_view python_path = "PYTHONPATH=";
  std::vector<std::string> variables = inherited_;
  variables.push_back(fmt::format("{}RANK={}", own_prefix, context.rank.value()));
  variables.push_back(fmt::format("{}SLOT={}", own_prefix, context.slot));
  if (env_ != nullptr) {
    for (const auto& [name, text] : env_->templates) variables.push_back(name + "=" + text.render(context));
  }
  if (python_folder.empty()) return variables;
  const auto path = std::ranges::find_if(
      variables, [&](const std::string& variable) { return variable.starts_with(python_path); });
  if (path == variables.end()) {
    variables.push_back(std::string(python_path) + python_folder);
  } else {
    path->insert(python_path.size(), path->size() > python_path.size() ? python_folder + ":" : python_folder);
  }
  return variables;
}

std::vector<std::string> ChildEnvironment::of(const TemplateContext& context, const TaskShare& share) const {
  std::vector<std::string> variables;
  variables.reserve((env_ == nullptr ? 0 : env_->templates.size()) + params_.size() + threads_.size() + 8);
  const auto add = [&](std::string_view name, const std::string& value) {
    std::string& variable = variables.emplace_back();
    variable.reserve(name.size() + 1 + value.size());
    variable += name;
    variable += '=';
    variable += value;
  };
  add("FANFOLD_INDEX", std::to_string(context.task.value()));
  add("FANFOLD_SEED", std::to_string(context.seed));
  add("FANFOLD_SEED31", std::to_string(context.seed & 0x7FFFFFFF));
  add("FANFOLD_ATTEMPT", std::to_string(context.attempt.value()));
  add("FANFOLD_RANK", std::to_string(context.rank.value()));
  add("FANFOLD_SLOT", std::to_string(context.slot));
  if (!context.tmp.empty()) add("FANFOLD_TMP", context.tmp);
  for (std::size_t slot = 0; slot < std::min(params_.size(), context.params.size()); ++slot) {
    const std::string value = to_text(context.params[slot]);
    if (value.size() <= longest_param) variables.push_back(params_[slot] + value);
  }
  const std::string cores = std::to_string(share.cores);
  for (const std::string_view name : threads_) add(name, cores);
  if (share.gpus && sets_gpus_) {
    variables.push_back(fmt::format("{}={}", gpus_variable, fmt::join(*share.gpus, ",")));
  } else if (!inherited_gpus_.empty()) {
    variables.emplace_back(inherited_gpus_);
  }
  if (env_ == nullptr) return variables;
  for (const auto& [name, text] : env_->templates) variables.push_back(name + "=" + text.render(context));
  return variables;
}

}  // namespace fanfold
