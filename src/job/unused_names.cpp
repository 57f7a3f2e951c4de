#include "job/unused_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "job/toml_document.hpp"

namespace fanfold {
namespace {

/// Collects the slots that something uses.
class Uses {
 public:
  explicit Uses(const Job& job) {
    add(job.reductions.slots());
    if (job.cost) add(job.cost->slots());
    for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
      if (const expr::Program* const program = job.space.program(slot)) add(program->slots());
    }
    if (job.where) add(job.where->slots());
    if (job.seed_slots) add(*job.seed_slots);
    if (job.source) {
      for (const SourceArgument& argument : job.source->arguments) add(argument);
    }
    if (job.kernel) {
      for (const Operand& operand : job.kernel->parameters) add(operand);
      if (job.kernel->input) slots_.insert(*job.kernel->input);
    }
    for (const ValueSpec& value : job.values) {
      if (const auto* program = std::get_if<expr::Program>(&value.how)) add(program->slots());
    }
  }

  bool has(std::size_t slot) const { return slots_.count(slot) > 0; }

 private:
  void add(const std::vector<std::size_t>& slots) { slots_.insert(slots.begin(), slots.end()); }
  void add(const SourceArgument& argument) {
    for (const auto& [name, text] : argument.templates) add(text.slots());
    if (argument.number) add(*argument.number);
    for (const Operand& operand : argument.range) add(operand);
  }
  void add(const Operand& operand) {
    if (const auto* slot = std::get_if<std::size_t>(&operand)) slots_.insert(*slot);
    if (const auto* program = std::get_if<expr::Program>(&operand)) add(program->slots());
  }

  std::set<std::size_t> slots_;
};

bool runs_programs(const Job& job) {
  return job.source &&
         std::any_of(job.source->info->keys.begin(), job.source->info->keys.end(), [](const SourceKey& key) {
           return key.kind == KeyKind::arguments || key.kind == KeyKind::shell;
         });
}

/// True if a template of the source has this in it.
bool mentions(const Job& job, std::string_view word) {
  if (!job.source) return false;
  for (const SourceArgument& argument : job.source->arguments) {
    for (const auto& entry : argument.templates) {
      if (entry.second.text().find(word) != std::string::npos) return true;
    }
  }
  return false;
}

/// True if a template has the task's number or a seed in it, or the name of the variable that has.
bool tells_tasks_apart(const Job& job) {
  constexpr std::string_view ways[] = {"{index", "{seed", "FANFOLD_INDEX", "FANFOLD_SEED"};
  return std::any_of(std::begin(ways), std::end(ways),
                     [&](std::string_view way) { return mentions(job, way); });
}

/// True for 0, 1, 2 …: an axis that repeats.
bool counts(const TaskSpace& space, std::size_t slot) {
  if (space.program(slot) != nullptr) return false;
  const Axis& axis = space.axis(slot);
  if (axis.type() != Type::integer) return false;
  ColumnBuffer ends(Type::integer);
  ends.reset(Type::integer, 2);
  axis.fill(0, 1, ends, 0);
  axis.fill(axis.size() - 1, 1, ends, 1);
  return ends.integers()[0] == 0 && static_cast<std::uint64_t>(ends.integers()[1]) == axis.size() - 1;
}

/// Where a param has its name: at its axis, or in the zip that it is part of. Of a column of a table,
/// nothing.
Place place_of_param(const TomlNode& root, const std::string& name) {
  const TomlEntry* const params = root.find("params");
  if (params == nullptr) return {};
  for (const TomlEntry& param : params->node.entries) {
    if (param.key == name) return param.place;
    const TomlEntry* const zip = param.node.find("zip");
    const TomlEntry* const zipped = zip == nullptr ? nullptr : zip->node.find(name);
    if (zipped != nullptr) return zipped->place;
  }
  return {};
}

/// Most tables have columns that a job has no use for: only of one that it uses nothing of it is said.
void find_unused_tables(const TomlNode& root, const std::set<std::size_t>& used_dimensions,
                        std::vector<Diagnostic>& warnings) {
  const TomlEntry* const params = root.find("params");
  if (params == nullptr) return;
  std::size_t dimension = 0;
  for (const TomlEntry& param : params->node.entries) {
    if (param.node.find("expr") != nullptr) continue;
    const bool is_used = used_dimensions.count(dimension++) > 0;
    if (is_used || param.node.find("csv") == nullptr) continue;
    warnings.push_back({param.place, fmt::format("no column of the table '{}' is ever used", param.key)});
  }
}

void find_unused_params(const Job& job, const TomlNode& root, std::vector<Diagnostic>& warnings) {
  if (job.source && job.source->info->serves_tasks) return;  // it gets all of them
  const Uses uses(job);
  const bool repeats = !runs_programs(job) || tells_tasks_apart(job);
  std::set<std::size_t> used_dimensions;
  for (std::size_t slot = 0; slot < job.space.param_count(); ++slot) {
    if (uses.has(slot) || (repeats && counts(job.space, slot))) {
      if (job.space.program(slot) == nullptr) used_dimensions.insert(job.space.dimension(slot));
      continue;
    }
    const std::string& name = job.space.name(slot);
    const Place place = place_of_param(root, name);
    if (place.line > 0 && !mentions(job, "FANFOLD_PARAM_" + name))
      warnings.push_back({place, fmt::format("the param '{}' is never used", name)});
  }
  find_unused_tables(root, used_dimensions, warnings);
}

/// Keys of [run] that only jobs with a source heed, or only jobs without one.
void find_idle_policies(const Job& job, const JobSource& source, const TomlNode& root,
                        std::vector<Diagnostic>& warnings) {
  struct Policy {
    std::string_view key;
    bool needs_source;
  };
  constexpr Policy policies[] = {{"retries", true}, {"timeout", true}, {"io_threads", true}, {"keep", false}};
  for (const Policy& policy : policies) {
    if (policy.needs_source == job.source.has_value()) continue;
    // A kernel in a process of its own can be ended, too.
    if (policy.key == "timeout" && job.kernel && job.kernel->isolate) continue;
    const Place place = place_of(root, "run", policy.key);
    // Scripts give --io-threads to any job.
    const bool is_flag = policy.key != "io_threads" &&
                         std::any_of(source.overrides.run.begin(), source.overrides.run.end(),
                                     [&](const auto& entry) { return entry.first == policy.key; });
    if (place.line == 0 && !is_flag) continue;
    warnings.push_back({place, fmt::format("'{}' has no effect: the task has {} source", policy.key,
                                           job.source ? "a" : "no")});
  }
}

}  // namespace

std::vector<Diagnostic> unused_names(const Job& job, const JobSource& source, const TomlNode& root) {
  std::vector<Diagnostic> warnings;
  find_unused_params(job, root, warnings);
  find_idle_policies(job, source, root, warnings);
  std::stable_sort(warnings.begin(), warnings.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.place < b.place; });
  return warnings;
}

}  // namespace fanfold
