// The source `worker`: a program that is started once in each slot and then asked for one task after the
// other.
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "exec/child_environment.hpp"
#include "exec/cpu_affinity.hpp"
#include "exec/program_source.hpp"
#include "exec/source.hpp"
#include "exec/spawn.hpp"
#include "exec/worker_line.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// Where fanfold_worker.py is: beside the program (a build folder), or in the data folder of the
/// installation. Empty if it is in neither.
std::string module_folder() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& data : {folder / "share", folder.parent_path() / FANFOLD_DATA_FOLDER}) {
    const fs::path modules = data / "fanfold" / "python";
    if (fs::exists(modules / "fanfold_worker.py", error)) return modules.string();
  }
  return {};
}

TemplateContext context_of(SessionPlace place) {
  TemplateContext context;
  context.rank = place.rank;
  context.slot = place.slot;
  return context;
}

class WorkerSource final : public Source {
 public:
  explicit WorkerSource(const Job& job)
      : job_(job), spec_(*job.source), environment_(job, spec_.find("env")), cpus_(cpus_for_children()) {
    options_.needs_number = job.uses_value;
    options_.keeps_numbers = reads_output(job);
  }

  std::unique_ptr<SourceSession> open_session(SessionPlace place) const override {
    WorkerLine::Options options = options_;
    options.program = program_of(context_of(place));
    return std::make_unique<WorkerLine>(job_, std::move(options), groups_, interrupted_);
  }

  std::string obstacle(const TemplateContext& context) const override {
    return obstacle_to_spawn(program_of(context_of({context.rank, context.slot})));
  }

  void interrupt() const override {
    interrupted_ = true;
    groups_.kill_all();
  }

  bool starts_programs() const override { return true; }
  bool may_have_many_threads() const override { return false; }  // each has a process

 private:
  ChildProgram program_of(const TemplateContext& context) const {
    ChildProgram program;
    for (const auto& [name, text] : spec_.arguments.front().templates) {
      program.arguments.push_back(text.render(context));
    }
    program.environment = environment_.of_worker(context, module_folder_);
    program.folder = job_.folder;
    if (const SourceArgument* folder = spec_.find("cwd")) {
      program.folder = (fs::path(job_.folder) / folder->templates.front().second.render(context)).string();
    }
    program.cpus = cpus_;
    program.dies_with_us = true;
    return program;
  }

  const Job& job_;
  const SourceSpec& spec_;
  const ChildEnvironment environment_;
  const std::optional<cpu_set_t> cpus_;
  const std::string module_folder_ = module_folder();
  WorkerLine::Options options_;
  mutable ChildGroups groups_;
  mutable std::atomic<bool> interrupted_ = false;
};

}  // namespace

SourceType worker_source() {
  static const SourceInfo info = [] {
    SourceInfo worker;
    worker.name = "worker";
    worker.summary = "asks a program that is started once in each slot, line by line";
    worker.keys = {{"worker", KeyKind::arguments, "the program, looked up on PATH, and its arguments"},
                   {"cwd", KeyKind::text, "the folder in which it runs, relative to the job file's folder"},
                   {"env", KeyKind::strings, "environment variables to set"}};
    worker.results = {{"value", Type::real, "the values that it answered, if they are one number"}};
    worker.has_output = true;
    worker.serves_tasks = true;
    return worker;
  }();
  return {&info,
          [](const Job& job) -> std::unique_ptr<Source> { return std::make_unique<WorkerSource>(job); }};
}

}  // namespace fanfold
