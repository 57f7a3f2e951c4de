#include "job/shared_files.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace fanfold {
namespace {

constexpr std::string_view file_keys[] = {"stdout", "stderr", "creates"};
constexpr std::string_view names_of_each_task[] = {"{index", "{seed", "{tmp"};

/// Marks the dimensions of the task space by which a param tells tasks apart.
void mark_dimensions(const TaskSpace& space, std::size_t slot, std::vector<bool>& marks) {
  if (const expr::Program* const program = space.program(slot)) {
    for (const std::size_t used : program->slots()) mark_dimensions(space, used, marks);
  } else {
    marks[space.dimension(slot)] = true;
  }
}

/// The first param in which tasks differ that have the same file.
std::optional<std::string> param_left_out(const Job& job, const Template& file) {
  for (const std::string_view name : names_of_each_task) {
    if (file.text().find(name) != std::string::npos) return std::nullopt;
  }
  std::vector<bool> marks(job.space.dimension_count());
  for (const std::size_t slot : file.slots()) mark_dimensions(job.space, slot, marks);
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    if (job.space.program(slot) != nullptr || job.space.axis(slot).size() == 1) continue;
    if (!marks[job.space.dimension(slot)]) return job.space.name(slot);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Diagnostic> shared_files(const Job& job, const TomlNode& root) {
  std::vector<Diagnostic> warnings;
  if (!job.source || job.size() < 2) return warnings;
  for (const std::string_view key : file_keys) {
    const SourceArgument* const argument = job.source->find(key);
    if (argument == nullptr) continue;
    if (const auto param = param_left_out(job, argument->templates.front().second)) {
      warnings.push_back({place_of(root, "task", key),
                          fmt::format("tasks that differ in '{0}' have the same '{1}', and the last of them "
                                      "has it alone; put {{{0}}} or {{index}} in its name",
                                      *param, key)});
    }
  }
  return warnings;
}

}  // namespace fanfold
