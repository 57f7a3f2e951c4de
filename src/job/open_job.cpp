// From the text of a job file to a checked job: the sections in the order in which they depend on each other.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "job/own_kernel.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

/// The seed of jobs that name none: every job can be repeated.
constexpr std::uint64_t default_seed = 0;

void read_name(Reading& reading) {
  const std::string stem = std::filesystem::path(reading.source.file).stem().string();
  reading.job.name = reading.source.file == "-" || stem.empty() ? "job" : stem;
  const TomlEntry* const entry = reading.document.root().find("name");
  if (entry == nullptr) return;
  const auto name = reading.text(setting_of(*entry));
  if (name && name->empty()) return reading.error(entry->node.place, "'name' must not be empty");
  if (name) reading.job.name = *name;
}

void read_seed(Reading& reading) {
  reading.job.seed = default_seed;
  if (const TomlEntry* const entry = reading.document.root().find("seed")) {
    if (const auto seed = reading.integer(setting_of(*entry), 0, INT64_MAX)) {
      reading.job.seed = static_cast<std::uint64_t>(*seed);
    }
  }
  if (reading.source.overrides.seed) reading.job.seed = *reading.source.overrides.seed;
  reading.identify("seed", std::to_string(reading.job.seed));
}

void read_where(Reading& reading) {
  const TomlEntry* const entry = reading.document.root().find("where");
  if (entry == nullptr) return;
  if (!entry->node.is(Kind::text)) {
    return reading.wrong_type(setting_of(*entry), "a condition on params (a string), such as \"x < y\"");
  }
  std::optional<expr::Program> program = reading.program(entry->node);
  if (program && program->type() == Type::text) {
    reading.wrong_type({entry->node, "'where'", entry->node.place, "a text"},
                       "a condition such as \"x < y\"");
  } else if (program) {
    reading.job.where = std::move(program);
    reading.identify("where", canonical(entry->node));
  }
}

/// The section, if it is there and a table.
const TomlEntry* section(std::string_view name, Reading& reading) {
  const TomlEntry* const entry = reading.document.root().find(name);
  if (entry == nullptr || entry->node.is(Kind::table)) return entry;
  reading.wrong_type(setting_of(*entry), "a table");
  // What it would have defined is not missed where it is used.
  name == "params" ? reading.give_up_params() : reading.give_up_results();
  return nullptr;
}

void identify_reductions(const TomlEntry& reduce, Reading& reading) {
  for (const TomlEntry& entry : reduce.node.entries)
    reading.identify("reduce." + entry.key, canonical(entry.node));
}

bool uses(const std::vector<std::size_t>& slots, std::size_t slot) {
  return std::binary_search(slots.begin(), slots.end(), slot);
}

/// True if a value or a reduction reads the source's result `value`.
bool uses_value(const Job& job) {
  if (!job.source) return false;
  const std::vector<Result>& results = job.source->info->results;
  const auto found = std::find_if(results.begin(), results.end(),
                                  [](const Result& result) { return result.name == "value"; });
  if (found == results.end()) return false;
  const std::size_t slot = job.source->first_slot + static_cast<std::size_t>(found - results.begin());
  return uses(job.reductions.slots(), slot) ||
         std::any_of(job.values.begin(), job.values.end(), [&](const ValueSpec& value) {
           const auto* const program = std::get_if<expr::Program>(&value.how);
           return program != nullptr && uses(program->slots(), slot);
         });
}

/// What reads the output of the job's tasks, for a message; empty: nothing does.
std::string reader_of_output(const Job& job) {
  if (job.kernel && job.kernel->kernel->info().takes_input && !job.kernel->input)
    return fmt::format("the kernel '{}'", job.kernel->kernel->info().name);
  for (const ValueSpec& value : job.values) {
    if (!std::holds_alternative<expr::Program>(value.how)) return fmt::format("the value '{}'", value.name);
  }
  return uses_value(job) ? "the result 'value'" : "";
}

/// A task that is skipped has no output for what reads it.
void check_skipping(Reading& reading) {
  const Job& job = reading.job;
  if (!job.source || !reading.diagnostics().empty()) return;
  const std::string reader = reader_of_output(job);
  const TomlEntry* const task = reading.document.root().find("task");
  for (const SourceKey& key : job.source->info->keys) {
    if (key.effect != KeyEffect::skips || reader.empty() || job.source->find(key.name) == nullptr) continue;
    const TomlEntry* const entry = task->node.find(key.name);
    reading.error(entry == nullptr ? task->place : entry->place,
                  fmt::format("'{}' skips tasks, but {} needs the output of each", key.name, reader));
  }
}

/// What programs write would take the place of the job itself.
void check_written_files(Reading& reading) {
  const Job& job = reading.job;
  const JobSource& source = reading.source;
  if (!job.source || source.file == "-") return;
  const std::filesystem::path folder = source.folder;
  const std::filesystem::path file = source.file;
  const auto job_file = (folder / (source.overrides.commands ? file : file.filename())).lexically_normal();
  for (const std::string_view key : {"stdout", "stderr"}) {
    const SourceArgument* const argument = job.source->find(key);
    if (argument == nullptr || argument->templates.empty()) continue;
    const Template& written = argument->templates.front().second;
    if (!written.is_constant() || (folder / written.text()).lexically_normal() != job_file) continue;
    reading.error(place_of(reading.document.root(), "task", key),
                  fmt::format("'{}' is the job file itself, which would be lost; name another", key));
  }
}

void read_sections(Reading& reading) {
  const TomlNode& root = reading.document.root();
  const bool is_spelt_right = reading.check_keys(root, "the top level", top_level_keys());
  read_name(reading);
  read_seed(reading);
  if (const TomlEntry* const params = section("params", reading)) read_params(*params, reading);
  reading.job.param_slots = reading.job.scope.column_count();
  read_where(reading);
  if (const TomlEntry* const task = section("task", reading)) read_task(*task, reading);
  if (const TomlEntry* const values = section("values", reading)) read_values(*values, reading);
  const TomlEntry* const reduce = section("reduce", reading);
  if (reduce != nullptr) read_reduce(*reduce, reading);
  read_run(section("run", reading), reading);
  read_cluster(section("cluster", reading), reading);
  if (is_spelt_right && root.find("task") == nullptr && root.find("values") == nullptr) {
    reading.error({}, "nothing to run: the job has no [task] and no [values]");
  }
  if (reduce != nullptr) identify_reductions(*reduce, reading);
  check_skipping(reading);
  check_written_files(reading);
}

/// For a file that is no TOML, and not called so.
std::string hint_of_commands(const JobSource& source) {
  const std::filesystem::path file(source.file);
  if (file == "-" || file.extension() == ".toml") return {};
  return fmt::format("; a list of commands is given as --commands {}", quote_for_shell(source.file));
}

}  // namespace

const std::vector<std::string>& top_level_keys() {
  static const std::vector<std::string> keys = {"name",   "seed",   "where", "params", "task",
                                                "values", "reduce", "run",   "cluster"};
  return keys;
}

std::unique_ptr<const Job> open_job(const JobSource& source, const SourceRegistry& sources) {
  auto job = std::make_unique<Job>();
  job->folder = source.folder;
  try {
    TomlDocument document(source.text);
    const std::optional<OwnKernel> own = own_kernel_of(source);
    const std::vector<Diagnostic> wrong =
        apply_settings(source.overrides.set, sources, own ? &own->info : nullptr, document.root());
    Reading reading(source, sources, document, *job);
    for (const Diagnostic& each : wrong) reading.error(each.place, each.message);
    read_sections(reading);
    if (!reading.diagnostics().empty()) throw JobError(source.file, reading.diagnostics());
  } catch (const TomlError& error) {
    throw JobError(source.file, {{error.place(), error.what() + hint_of_commands(source)}});
  }
  job->uses_value = uses_value(*job);
  return job;
}

}  // namespace fanfold
