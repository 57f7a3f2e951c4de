#include "cli/kernel_example.hpp"

#include <fanfold/kernel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "exec/source.hpp"
#include "job/task_keys.hpp"
#include "job/template.hpp"
#include "job/toml_document.hpp"
#include "kernel/with_unit.hpp"

namespace fanfold {
namespace {

/// A value as TOML writes it.
std::string toml_of(const Value& value) {
  return type_of(value) == Type::text ? toml_string(std::get<std::string>(value)) : to_text(value);
}

/// A value that a parameter without a default can have, not below its minimum: `usual`, or so many times
/// that.
Value sample_of(const Parameter& parameter, double usual, int factor) {
  if (parameter.type == Type::text) return std::string("text");
  const double number = std::max(parameter.minimum.value_or(usual), usual) * factor;
  if (parameter.type == Type::real) return number;
  return static_cast<std::int64_t>(std::ceil(number));
}

/// True if the key would mean something else in [task].
bool clashes(const std::string& name) {
  const std::vector<std::string>& keys = own_task_keys();
  const SourceRegistry& sources = source_registry();
  return std::find(keys.begin(), keys.end(), name) != keys.end() ||
         std::any_of(sources.begin(), sources.end(), [&](const SourceInfo* info) {
           return std::any_of(info->keys.begin(), info->keys.end(),
                              [&](const SourceKey& key) { return key.name == name; });
         });
}

/// The parameter that is an axis: the first number without a default, unless tasks differ in other ways.
const Parameter* axis_of(const KernelInfo& kernel) {
  if (kernel.draws_random || kernel.takes_input) return nullptr;
  const auto found =
      std::find_if(kernel.parameters.begin(), kernel.parameters.end(),
                   [](const Parameter& each) { return !each.default_value && each.type != Type::text; });
  return found == kernel.parameters.end() ? nullptr : &*found;
}

std::string params_text(const KernelInfo& kernel) {
  if (const Parameter* const axis = axis_of(kernel)) {
    return fmt::format("[params]\n{} = [{}, {}, {}]  # {}\n", axis->name, toml_of(sample_of(*axis, 10, 1)),
                       toml_of(sample_of(*axis, 10, 2)), toml_of(sample_of(*axis, 10, 3)),
                       with_unit(axis->description, axis->unit));
  }
  if (kernel.takes_input) {
    return "[params]\nfile = [\"first.txt\", \"second.txt\"]  # or { glob = \"data/*.txt\" }\n";
  }
  return "[params]\nreplica = { count = 100 }\n";
}

std::string parameter_line(const Parameter& parameter, double usual) {
  const Value value = parameter.default_value ? *parameter.default_value : sample_of(parameter, usual, 1);
  return fmt::format("{}{} = {}  # {}{}\n", parameter.default_value ? "# " : "", parameter.name,
                     toml_of(value), with_unit(parameter.description, parameter.unit),
                     parameter.default_value ? " (the default)" : "");
}

std::string task_text(const KernelInfo& kernel, const std::string& named) {
  std::string task = "[task]\n";
  if (kernel.takes_input) task += "read = \"{file}\"\n";
  task += fmt::format("kernel = {}\n", toml_of(Value(named)));
  const double usual = kernel.draws_random ? 1000 : 1;  // of most that draw it is how many numbers
  std::string with;
  for (const Parameter& parameter : kernel.parameters) {
    if (&parameter == axis_of(kernel)) continue;
    (clashes(parameter.name) ? with : task) += parameter_line(parameter, usual);
  }
  return with.empty() ? task : task + "\n[task.with]\n" + with;
}

std::string reduction_line(const Result& result) {
  if (result.type == Type::text) {
    return fmt::format("tasks_by_{0} = \"count() by {0}\"  # {1}\n", result.name,
                       with_unit(result.description, result.unit));
  }
  const char* const aggregate = result.type == Type::integer ? "sum" : "mean";
  return fmt::format("{0}_of_{1} = \"{0}({1})\"  # {2}\n", aggregate, result.name,
                     with_unit(result.description, result.unit));
}

}  // namespace

std::string example_job(const KernelInfo& kernel, const std::string& named) {
  std::string text = fmt::format("# {}: {}\n{}\n{}\n[reduce]\n", kernel.name, kernel.summary,
                                 params_text(kernel), task_text(kernel, named));
  for (const Result& result : kernel.results) text += reduction_line(result);
  return text;
}

}  // namespace fanfold
