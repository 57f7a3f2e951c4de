#include "cli/surroundings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>

#include "cli/run_prediction.hpp"
#include "cli/thread_choice.hpp"
#include "exec/source.hpp"
#include "journal/network_file_system.hpp"
#include "journal/run_file.hpp"
#include "mpi/load.hpp"
#include "report/run_status.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// Seconds until the end of this allocation, or what the job says of it.
std::optional<double> walltime_of(const Job& job) {
  if (const char* const end = std::getenv("SLURM_JOB_END_TIME")) {
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    return std::max(0.0, std::strtod(end, nullptr) - now.count());
  }
  if (job.run.walltime) return job.run.walltime->count();
  if (job.cluster.time) return job.cluster.time->count();
  return std::nullopt;
}

bool sets_threads(const Job& job) {
  const SourceArgument* const environment = job.source->find("env");
  return environment != nullptr &&
         std::any_of(environment->templates.begin(), environment->templates.end(),
                     [](const auto& variable) { return variable.first.ends_with("_NUM_THREADS"); });
}

}  // namespace

RankView view_of_rank(std::int32_t rank, const Job* job) {
  RankView view = look_around();
  view.rank = rank;
  view.ranks_on_host = static_cast<std::uint32_t>(local_ranks().count);
  const std::uint32_t share = share_of_cpus();
  view.io_threads = job == nullptr ? share : choose_threads(*job).io;
  view.compute_threads = job == nullptr ? share : choose_threads(*job).compute;
  return view;
}

std::optional<double> remaining_seconds(const std::string& run_file) {
  if (!fs::exists(run_file)) return std::nullopt;
  try {
    const RunStatus status = read_run_status(run_file);
    if (!status.recorded || status.recorded->finished == 0) return std::nullopt;
    const auto& recorded = *status.recorded;
    return recorded.seconds / static_cast<double>(recorded.finished) *
           static_cast<double>(recorded.header.tasks - recorded.finished);
  } catch (const RunFileError&) {
    return std::nullopt;  // whoever runs the job hears of it
  }
}

RunView view_of_run(const Job& job, const std::string& run_file) {
  RunView view;
  view.run_file = run_file;
  const fs::path folder = fs::absolute(run_file).parent_path();
  view.on_network_file_system = on_network_file_system(folder);
  const RunFilePrediction prediction = predict_run_file(job);
  view.predicted_bytes = prediction.bytes;
  view.grows_with_output = prediction.grows_with_output;
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  view.free_bytes = error ? std::numeric_limits<std::uint64_t>::max() : space.available;
  view.runs_programs =
      job.source && (job.source->info->name == "command" || job.source->info->name == "shell");
  view.sets_threads_of_programs = job.source && sets_threads(job);
  view.walltime_seconds = walltime_of(job);
  return view;
}

}  // namespace fanfold
