// fanfold kernels: what a job can run: the kernels and the sources of this program.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/kernel_example.hpp"
#include "cli/text_table.hpp"
#include "core/nearest.hpp"
#include "exec/source.hpp"
#include "job/own_kernel.hpp"
#include "job/template.hpp"
#include "kernel/compile_kernel.hpp"
#include "kernel/kernel_library.hpp"
#include "kernel/registry.hpp"
#include "report/answers.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::ordered_json;

struct KernelsOptions {
  std::string name;
  bool example = false;
  bool json = false;
};

std::string_view name_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::text:
      return "template";
    case KeyKind::shell:
      return "shell template";
    case KeyKind::arguments:
      return "list of templates";
    case KeyKind::number:
      return "number or expression";
    case KeyKind::duration:
      return "duration";
    case KeyKind::strings:
      return "table of templates";
    case KeyKind::integers:
      return "list of integers";
    case KeyKind::seconds:
      return "duration or expression";
    case KeyKind::bytes:
      return "size or expression";
    case KeyKind::input:
      return "template, or file";
    case KeyKind::statement:
      return "SQL template";
    case KeyKind::file:
      return "template of a path";
    case KeyKind::range:
      return "two numbers or expressions";
    case KeyKind::boolean:
      return "true or false";
  }
  return "";
}

const SourceInfo* find_source(const std::string& name) {
  const SourceRegistry& sources = source_registry();
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const SourceInfo* info) { return info->name == name; });
  return found == sources.end() ? nullptr : *found;
}

// ---- for people -----------------------------------------------------------------------------------------

/// "integer, at least 0, default 0"
std::string type_text(const Parameter& parameter) {
  std::string text(name_of(parameter.type));
  if (parameter.minimum) {
    const bool is_integer = parameter.type == Type::integer;
    text += ", at least " + to_text(is_integer ? Value(static_cast<std::int64_t>(*parameter.minimum))
                                               : Value(*parameter.minimum));
  }
  text += parameter.default_value ? ", default " + to_text(*parameter.default_value) : "";
  return text;
}

/// A table of names, types, units (where there are any) and descriptions, under a heading.
template <typename Each, typename TypeText>
std::string declared_text(std::string_view heading, const std::vector<Each>& declared,
                          TypeText type_of_each) {
  if (declared.empty()) return "";
  const bool has_units = std::ranges::any_of(declared, [](const Each& each) { return !each.unit.empty(); });
  std::vector<std::vector<std::string>> rows;
  for (const Each& each : declared) {
    rows.push_back({each.name, std::string(type_of_each(each))});
    if (has_units) rows.back().push_back(each.unit);
    rows.back().push_back(each.description);
  }
  return fmt::format("\n{}\n{}", heading, table_text(rows, 2));
}

std::string results_text(const std::vector<Result>& results) {
  return declared_text("results", results, [](const Result& result) { return name_of(result.type); });
}

std::string kernel_text(const KernelInfo& info, const std::string& named) {
  std::string text = fmt::format("kernel {}: {}\n", info.name, info.summary);
  if (!info.source.empty()) text += fmt::format("method: {}\n", info.source);
  if (info.takes_input) text += "It takes the output of a source.\n";
  if (info.draws_random) text += "It draws random numbers, which depend on the job's seed and the task.\n";
  text += declared_text("parameters", info.parameters, type_text);
  return text + results_text(info.results) + "\nexample\n" + indented(example_job(info, named), 2);
}

std::string source_text(const SourceInfo& info) {
  std::vector<std::vector<std::string>> rows;
  for (const SourceKey& key : info.keys) {
    rows.push_back({key.name, std::string(name_of(key.kind)), key.description});
  }
  return fmt::format("source {}: {}\n\nkeys of [task]\n{}{}", info.name, info.summary, table_text(rows, 2),
                     results_text(info.results));
}

std::string list_text() {
  std::vector<std::vector<std::string>> kernels;
  for (const std::string& name : kernel_names()) {
    kernels.push_back({name, find_kernel(name)->info().summary});
  }
  std::string text = "kernels\n" + table_text(kernels, 2) + "\nsources\n";
  for (const SourceInfo* const info : source_registry()) {
    text += fmt::format("  {}: {}\n", info->name, info->summary);
    std::vector<std::vector<std::string>> keys;
    for (const SourceKey& key : info->keys) keys.push_back({key.name, key.description});
    text += table_text(keys, 4);
  }
  return text + "\nfanfold kernels NAME says more about one of them.\n";
}

// ---- for programs ---------------------------------------------------------------------------------------

Json results_json(const std::vector<Result>& results) {
  Json array = Json::array();
  for (const Result& result : results) {
    array.push_back({{"name", result.name},
                     {"type", name_of(result.type)},
                     {"unit", result.unit},
                     {"description", result.description}});
  }
  return array;
}

Json kernel_json(const KernelInfo& info, const std::string& named) {
  Json parameters = Json::array();
  for (const Parameter& parameter : info.parameters) {
    Json object{{"name", parameter.name},
                {"type", name_of(parameter.type)},
                {"unit", parameter.unit},
                {"description", parameter.description}};
    if (parameter.default_value) object["default"] = to_json(*parameter.default_value);
    if (parameter.minimum) object["minimum"] = to_json(Value(*parameter.minimum));
    parameters.push_back(std::move(object));
  }
  return {{"name", info.name},
          {"summary", info.summary},
          {"source", info.source},
          {"takes_input", info.takes_input},
          {"draws_random", info.draws_random},
          {"parameters", std::move(parameters)},
          {"results", results_json(info.results)},
          {"example", example_job(info, named)}};
}

Json source_json(const SourceInfo& info) {
  Json keys = Json::array();
  for (const SourceKey& key : info.keys) {
    keys.push_back({{"name", key.name}, {"kind", name_of(key.kind)}, {"description", key.description}});
  }
  return {{"name", info.name},
          {"summary", info.summary},
          {"has_output", info.has_output},
          {"keys", std::move(keys)},
          {"results", results_json(info.results)}};
}

Json list_json() {
  Json kernels = Json::array();
  for (const std::string& name : kernel_names())
    kernels.push_back(kernel_json(find_kernel(name)->info(), name));
  Json sources = Json::array();
  for (const SourceInfo* const info : source_registry()) sources.push_back(source_json(*info));
  return {{"kernels", std::move(kernels)}, {"sources", std::move(sources)}};
}

// ---- the user's own --------------------------------------------------------------------------------------

/// What is asked for of one kernel.
std::string text_of(const KernelInfo& info, const std::string& named, const KernelsOptions& options) {
  if (options.example) return example_job(info, named);
  return options.json ? kernel_json(info, named).dump() + "\n" : kernel_text(info, named);
}

/// The kernels of a library or a source, or the one that is named behind a colon.
std::string text_of_own(const KernelsOptions& options) {
  const KernelPath path = parse_kernel_path(options.name);
  try {
    const auto file = std::filesystem::absolute(path.file);
    if (!std::filesystem::exists(file)) throw UsageError(fmt::format("there is no file '{}'", path.file));
    const auto library =
        KernelLibrary::open(path.is_source ? compile_kernel({file, {}, cpu_level()}).library : file);
    if (!path.name.empty() || library->kernels().size() == 1 || options.example) {
      return text_of(library->find(path.name).info(), options.name, options);
    }
    std::string text;
    Json array = Json::array();
    for (const auto& kernel : library->kernels()) {
      const std::string named = path.file + ":" + kernel->info().name;
      text += (text.empty() ? "" : "\n") + kernel_text(kernel->info(), named);
      array.push_back(kernel_json(kernel->info(), named));
    }
    return options.json ? Json{{"kernels", std::move(array)}}.dump() + "\n" : text;
  } catch (const LibraryError& error) {
    throw UsageError(fmt::format("the kernel '{}': {}", options.name, error.what()));
  } catch (const CompileError& error) {
    throw UsageError(fmt::format("cannot compile the kernel '{}':\n{}", options.name, error.what()));
  }
}

// ---- the command ----------------------------------------------------------------------------------------

std::string text_of(const KernelsOptions& options) {
  if (options.name.empty()) {
    if (options.example) throw UsageError("--example needs the name of a kernel");
    return options.json ? list_json().dump() + "\n" : list_text();
  }
  if (const Kernel* const kernel = find_kernel(options.name)) {
    return text_of(kernel->info(), options.name, options);
  }
  if (is_kernel_path(options.name)) return text_of_own(options);
  std::vector<std::string> names = kernel_names();
  const SourceInfo* const source = find_source(options.name);
  if (source != nullptr && !options.example) {
    return options.json ? source_json(*source).dump() + "\n" : source_text(*source);
  }
  if (source != nullptr)
    throw UsageError(fmt::format("'{}' is a source; --example is for kernels", options.name));
  for (const SourceInfo* const info : source_registry()) names.push_back(info->name);
  throw UsageError(fmt::format("unknown kernel '{}'{}\ntry: fanfold kernels", options.name,
                               did_you_mean(options.name, names)));
}

}  // namespace

void add_kernels_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "kernels", "List what a task can run: kernels and sources");
  const auto options = std::make_shared<KernelsOptions>();
  command->add_option(
      "name", options->name,
      "A kernel or source, to see its parameters, results and an example; or one of your own: "
      "./libheat.so, heat.cpp");
  CLI::Option* const example = command->add_flag("--example", options->example,
                                                 "Print a job file that runs the kernel, and nothing else");
  command->add_flag("--json", options->json, "Print one JSON object")->excludes(example);
  command->footer("Example: fanfold kernels pi --example > job.toml");
  command->callback([options, &action] {
    action = [options] {
      std::fputs(text_of(*options).c_str(), stdout);
      return ExitStatus::success;
    };
  });
}

}  // namespace fanfold
