#include "exec/child_environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace fanfold {
namespace {

constexpr std::string_view own_prefix = "FANFOLD_";

bool starts_with_one_of(std::string_view name, auto... prefixes) {
  return (name.starts_with(prefixes) || ...);
}

}  // namespace

bool marks_a_rank(std::string_view name) {
  if (name.starts_with("OMPI_ALLOW_RUN_AS_ROOT")) return false;
  return starts_with_one_of(name, "OMPI_", "ORTE_", "OPAL_", "PRTE_", "PMIX_", "PMI_", "HYDRA_", "HYDI_",
                            "MPI_LOCAL");
}

ChildEnvironment::ChildEnvironment(const SourceArgument* env) : env_(env) {
  const auto is_set_by_job = [&](std::string_view name) {
    return env_ != nullptr && std::any_of(env_->templates.begin(), env_->templates.end(),
                                          [&](const auto& entry) { return entry.first == name; });
  };
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (marks_a_rank(name) || name.starts_with(own_prefix) || is_set_by_job(name)) continue;
    inherited_.emplace_back(text);
  }
}

std::vector<std::string> ChildEnvironment::of(const TemplateContext& context) const {
  std::vector<std::string> variables;
  variables.reserve(inherited_.size() + (env_ == nullptr ? 0 : env_->templates.size()) + 5);
  variables = inherited_;
  const auto add_own = [&](std::string_view name, auto value) {
    variables.push_back(fmt::format("{}{}={}", own_prefix, name, value));
  };
  add_own("INDEX", context.task.value());
  add_own("SEED", context.seed);
  add_own("ATTEMPT", context.attempt.value());
  add_own("RANK", context.rank.value());
  add_own("SLOT", context.slot);
  if (env_ == nullptr) return variables;
  for (const auto& [name, text] : env_->templates) variables.push_back(name + "=" + text.render(context));
  return variables;
}

}  // namespace fanfold
