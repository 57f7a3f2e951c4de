// [task]: what runs.
#include "job/task_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/nearest.hpp"
#include "job/own_kernel.hpp"
#include "job/task_keys.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

const SourceInfo* source_named(const std::string& name, const SourceRegistry& sources) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const SourceInfo* info) { return info->name == name; });
  return found == sources.end() ? nullptr : *found;
}

std::vector<std::string> source_names(const SourceRegistry& sources, bool with_output_only = false) {
  std::vector<std::string> names;
  for (const SourceInfo* const info : sources) {
    if (info->has_output || !with_output_only) names.push_back(info->name);
  }
  return names;
}

void find_source(TaskReading& task) {
  for (const TomlEntry& entry : task.table().entries) {
    const SourceInfo* const info = source_named(entry.key, task.reading.sources);
    if (info == nullptr) continue;
    if (task.source == nullptr) {
      task.source = info;
      task.source_key = &entry;
    } else {
      task.reading.error(entry.place, fmt::format("a task has one source, but there are two: '{}' and '{}'",
                                                  task.source->name, info->name));
    }
  }
}

/// Of a kernel of the user's own: what was loaded on rank zero is what the job is checked against.
class DeclaredKernel final : public Kernel {
 public:
  explicit DeclaredKernel(KernelInfo info) : info_(std::move(info)) {}
  const KernelInfo& info() const override { return info_; }
  void run(const Batch&, Results&) const override {
    throw std::logic_error("this is the declaration of a kernel, not the kernel");
  }

 private:
  KernelInfo info_;
};

/// Finds what rank zero read of a kernel of the user's own.
void find_own_kernel(TaskReading& task) {
  Reading& reading = task.reading;
  if (std::optional<OwnKernel> kernel = own_kernel_of(reading.source)) {
    reading.identify("task.kernel.content", kernel->content);
    task.declared = std::make_shared<DeclaredKernel>(std::move(kernel->info));
    task.kernel = task.declared.get();
    return;
  }
  std::string error = "the kernel was not read";
  for (const JobSource::Input& input : reading.source.inputs) {
    if (input.key == own_kernel_input) error = input.error;
  }
  reading.error(task.kernel_key->node.place, error);
}

void find_kernel_of(TaskReading& task) {
  task.kernel_key = task.table().find("kernel");
  if (task.kernel_key == nullptr) return;
  Reading& reading = task.reading;
  if (const auto name = reading.text(setting_of(*task.kernel_key))) {
    task.kernel = find_kernel(*name);
    if (is_kernel_path(*name)) {
      find_own_kernel(task);
    } else if (task.kernel == nullptr) {
      const std::vector<std::string> names = kernel_names();
      const std::string hint = did_you_mean(*name, names);
      reading.error_in(task.kernel_key->node, 0,
                       fmt::format("unknown kernel '{}'{} kernels are {}", *name,
                                   hint.empty() ? "; the" : hint + " The", listed(names)));
    }
  }
  if (task.kernel == nullptr) reading.give_up_results();
}

std::vector<std::string> known_keys(const TaskReading& task) {
  std::vector<std::string> known = own_task_keys();
  for (const std::string& name : source_names(task.reading.sources)) known.push_back(name);
  if (task.source != nullptr) {
    for (const SourceKey& key : task.source->keys) {
      if (key.name != task.source->name)
        known.push_back(key.name);  // the source's own key stands there already
    }
  }
  if (task.kernel != nullptr) {
    for (const Parameter& parameter : task.kernel->info().parameters) known.push_back(parameter.name);
  }
  return known;
}

/// The sources that have a key.
std::vector<std::string> sources_with(const std::string& key, const SourceRegistry& sources) {
  std::vector<std::string> names;
  for (const SourceInfo* const info : sources) {
    const bool has_key = std::any_of(info->keys.begin(), info->keys.end(),
                                     [&](const SourceKey& each) { return each.name == key; });
    if (has_key) names.push_back("'" + info->name + "'");
  }
  return names;
}

/// [task.with]: parameters of the kernel whose names are other things in [task].
void check_with(TaskReading& task) {
  const TomlEntry* const with = task.table().find("with");
  if (with == nullptr) return;
  if (!with->node.is(Kind::table)) {
    return task.reading.wrong_type(setting_of(*with), "a table of the kernel's parameters");
  }
  if (task.kernel == nullptr)
    return task.reading.error(with->place, "'with' needs a kernel, whose parameters it has");
  std::vector<std::string> known;
  for (const Parameter& parameter : task.kernel->info().parameters) known.push_back(parameter.name);
  task.reading.check_keys(with->node, "[task.with]", known);
  for (const TomlEntry& entry : with->node.entries) task.misspelt.emplace_back(nearest(entry.key, known));
}

/// Reports unknown keys, unless the kernel is unknown: they may be its parameters.
void check_task_keys(TaskReading& task) {
  if (task.kernel_key != nullptr && task.kernel == nullptr) return;
  const std::vector<std::string> known = known_keys(task);
  for (const TomlEntry& entry : task.table().entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::vector<std::string> owners = sources_with(entry.key, task.reading.sources);
    if (owners.empty()) {
      task.reading.unknown_key(entry, "[task]", known);
    } else {
      const std::vector<std::string>& policies = run_keys();
      const bool is_policy = std::find(policies.begin(), policies.end(), entry.key) != policies.end();
      task.reading.error(entry.place,
                         fmt::format("'{}' needs the source {}{}", entry.key, listed(owners, "or"),
                                     is_policy ? "; for others it belongs in [run]" : ""));
    }
    task.misspelt.emplace_back(nearest(entry.key, known));
  }
  check_with(task);
}

/// Without a source, a kernel that takes input takes the texts of this param.
constexpr const char* input_param = "input";

void check_input_param(const TaskReading& task) {
  const expr::Scope::Entry* const input = task.reading.job.scope.find(input_param);
  if (input == nullptr || input->type == Type::text) return;  // null: it was found to be wrong
  task.reading.error(task.reading.place_of(input_param),
                     fmt::format("'{}' must be text for the kernel '{}', which takes its bytes as input",
                                 input_param, task.kernel->info().name));
}

void check_parts(const TaskReading& task) {
  Reading& reading = task.reading;
  const bool has_values = reading.document.root().find("values") != nullptr;
  if (task.source == nullptr && task.kernel_key == nullptr && !has_values && task.misspelt.empty()) {
    reading.error(task.section.place, fmt::format("nothing to run: [task] needs a kernel or a source ({})",
                                                  listed(source_names(reading.sources), "or")));
  }
  if (task.kernel == nullptr || !task.kernel->info().takes_input) return;
  const std::string name = task.kernel->info().name;
  const std::vector<std::string> able = source_names(reading.sources, true);
  if (task.source == nullptr && reading.is_taken(input_param)) {
    check_input_param(task);
  } else if (task.source == nullptr) {
    reading.error(task.kernel_key->place,
                  fmt::format("the kernel '{}' takes input: the task needs a source with output ({}), or the "
                              "axis 'input' of texts in [params]",
                              name, listed(able, "or")));
  } else if (!task.source->has_output) {
    reading.error(
        task.kernel_key->place,
        fmt::format("the kernel '{}' takes input, but the source '{}' has no output; sources with output: {}",
                    name, task.source->name, listed(able)));
  }
}

/// Makes columns of results, and returns the slot of the first.
std::size_t add_results(const std::vector<Result>& results, Place place, const std::string& what,
                        Reading& reading) {
  const std::size_t first = reading.job.scope.column_count();
  for (const Result& result : results) {
    if (reading.claim_result(result.name, place, what))
      reading.job.scope.add_column(result.name, result.type);
  }
  return first;
}

/// The parameters that the job leaves to the kernel are constants as well, where nothing else has their
/// names.
void add_defaults(const TaskReading& task) {
  const TomlEntry* const values = task.reading.document.root().find("values");
  for (const Parameter& parameter : task.kernel->info().parameters) {
    const bool is_value = values != nullptr && values->node.find(parameter.name) != nullptr;
    if (!parameter.default_value || task.reading.is_taken(parameter.name) || is_value) continue;
    const std::string what = fmt::format("a parameter of the kernel '{}'", task.kernel->info().name);
    if (!task.reading.claim_result(parameter.name, task.kernel_key->place, what)) continue;
    task.reading.job.scope.add_constant(parameter.name, *parameter.default_value);
  }
}

void read_cost(const TaskReading& task) {
  const TomlEntry* const cost = task.table().find("cost");
  if (cost == nullptr) return;
  if (!cost->node.is(Kind::text)) {
    task.reading.wrong_type(setting_of(*cost), "an expression (a string)");
  } else {
    task.reading.job.cost = task.reading.numeric_program(setting_of(*cost));
  }
}

/// seed_by = ["replica"]: names of params, each once.
void read_seed_by(const TaskReading& task) {
  const TomlEntry* const key = task.table().find("seed_by");
  if (key == nullptr) return;
  Reading& reading = task.reading;
  if (!key->node.is(Kind::list)) {
    return reading.wrong_type(setting_of(*key), "a list of params, such as [\"replica\"]");
  }
  if (key->node.items.empty()) return reading.wrong_value(setting_of(*key), "a list with at least one param");
  const TaskSpace& space = reading.job.space;
  std::vector<std::string> params;
  for (std::size_t slot = 0; slot < space.param_count(); ++slot) params.push_back(space.name(slot));
  std::vector<std::size_t> slots;
  for (const TomlNode& item : key->node.items) {
    if (!item.is(Kind::text)) {
      reading.error(item.place, fmt::format("'seed_by' has names of params, not {}", describe(item.kind)));
      continue;
    }
    const auto found = std::find(params.begin(), params.end(), item.text);
    const auto slot = static_cast<std::size_t>(found - params.begin());
    if (found != params.end() && space.program(slot) != nullptr) {
      reading.error(item.place, fmt::format("'{}' is computed: 'seed_by' has params with values of their own",
                                            item.text));
    } else if (found == params.end()) {
      reading.error(item.place,
                    fmt::format("'{}' is no param{}", item.text, did_you_mean(item.text, params)));
    } else if (std::find(slots.begin(), slots.end(), slot) != slots.end()) {
      reading.error(item.place, fmt::format("'{}' stands twice in 'seed_by'", item.text));
    } else {
      slots.push_back(slot);
    }
  }
  std::sort(slots.begin(), slots.end());  // the order in the list does not matter
  reading.job.seed_slots = std::move(slots);
  reading.identify("task.seed_by", canonical(key->node));
}

}  // namespace

const std::vector<std::string>& own_task_keys() {
  static const std::vector<std::string> keys{"kernel",  "cost",          "seed_by",       "with",
                                             "isolate", "kernel_memory", "compiler_flags"};
  return keys;
}

const TomlEntry* TaskReading::parameter_key(const std::string& name) const {
  const TomlEntry* const with = table().find("with");
  if (with != nullptr) {
    if (const TomlEntry* const entry = with->node.find(name)) return entry;
  }
  const std::vector<std::string>& own = own_task_keys();
  const bool is_other = std::find(own.begin(), own.end(), name) != own.end() || is_source_key(name);
  return is_other ? nullptr : table().find(name);
}

bool TaskReading::is_source_key(const std::string& name) const {
  return source_named(name, reading.sources) != nullptr ||
         (source != nullptr && std::any_of(source->keys.begin(), source->keys.end(),
                                           [&](const SourceKey& key) { return key.name == name; }));
}

void read_task(const TomlEntry& section, Reading& reading) {
  TaskReading task{section, reading};
  find_source(task);
  find_kernel_of(task);
  check_task_keys(task);
  check_parts(task);
  if (task.source != nullptr) read_source(task);
  if (task.kernel != nullptr) read_kernel(task);
  read_isolation(task);
  read_cost(task);
  read_seed_by(task);
  Job& job = reading.job;
  if (task.source != nullptr) {
    const std::string what = fmt::format("a result of the source '{}'", task.source->name);
    job.source->first_slot = add_results(task.source->results, task.source_key->place, what, reading);
  }
  if (task.kernel != nullptr) {
    const KernelInfo& info = task.kernel->info();
    const std::string what = fmt::format("a result of the kernel '{}'", info.name);
    const expr::Scope::Entry* const input = job.scope.find(input_param);
    if (info.takes_input && task.source == nullptr && input != nullptr) job.kernel->input = input->slot;
    job.kernel->first_slot = add_results(info.results, task.kernel_key->place, what, reading);
    add_defaults(task);
  }
}

}  // namespace fanfold
