#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

bool is_on_path(std::string_view command, std::string_view path) {
  for (const std::string_view folder : split(path, ':')) {
    if (folder.empty()) continue;
    const std::filesystem::path file = std::filesystem::path(folder) / command;
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool is_there(const Scheduler& scheduler, std::string_view path) {
  const auto on_path = [path](std::string_view command) { return is_on_path(command, path); };
  return std::all_of(scheduler.commands.begin(), scheduler.commands.end(), on_path) &&
         std::none_of(scheduler.foreign.begin(), scheduler.foreign.end(), on_path);
}

}  // namespace

bool is_active(const JobState& job) {
  // Slurm; Grid Engine (letters for running, waiting, held, transferring, suspended, deleting, error); PBS;
  // LSF.
  static const std::vector<std::string_view> active = {"PENDING",
                                                       "RUNNING",
                                                       "REQUEUED",
                                                       "REQUEUE_HOLD",
                                                       "REQUEUE_FED",
                                                       "SUSPENDED",
                                                       "COMPLETING",
                                                       "CONFIGURING",
                                                       "RESIZING",
                                                       "SIGNALING",
                                                       "STAGE_OUT",
                                                       "STOPPED",
                                                       "SPECIAL_EXIT",
                                                       "r",
                                                       "qw",
                                                       "hqw",
                                                       "t",
                                                       "Rr",
                                                       "Rt",
                                                       "Rq",
                                                       "s",
                                                       "S",
                                                       "T",
                                                       "dr",
                                                       "dt",
                                                       "Eqw",
                                                       "hr",
                                                       "Q",
                                                       "R",
                                                       "H",
                                                       "W",
                                                       "E",
                                                       "B",
                                                       "PEND",
                                                       "RUN",
                                                       "PROV",
                                                       "PSUSP",
                                                       "USUSP",
                                                       "SSUSP",
                                                       "WAIT",
                                                       "UNKWN",
                                                       "ZOMBI"};
  return std::find(active.begin(), active.end(), job.state) != active.end();
}

const std::vector<const Scheduler*>& schedulers() {
  static const std::vector<const Scheduler*> all = {&slurm, &grid_engine, &pbs, &lsf};
  return all;
}

const Scheduler& scheduler_named(const std::string& name) {
  for (const Scheduler* const scheduler : schedulers()) {
    if (scheduler->name == name) return *scheduler;
  }
  throw UsageError(fmt::format("there is no scheduler '{}'; known: slurm, sge, pbs and lsf", name));
}

const Scheduler& find_scheduler(std::string_view path) {
  std::vector<const Scheduler*> found;
  for (const Scheduler* const scheduler : schedulers()) {
    if (is_there(*scheduler, path)) found.push_back(scheduler);
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    throw UsageError(
        "no batch system found: none of sbatch (Slurm), qsub (Grid Engine, PBS) and bsub (LSF) is on PATH; "
        "where there is one, say which with --scheduler slurm, sge, pbs or lsf");
  }
  std::string names;
  for (const Scheduler* const scheduler : found) {
    names +=
        fmt::format("{}{} ({})", names.empty() ? "" : ", ", scheduler->name, scheduler->commands.front());
  }
  throw UsageError(fmt::format("several batch systems are on PATH: {}; choose one with --scheduler", names));
}

void check_commands_of(const Scheduler& scheduler, std::string_view path) {
  for (const std::string_view command : scheduler.commands) {
    if (!is_on_path(command, path)) {
      throw UsageError(
          fmt::format("{}: there is no command '{}' on PATH (--dry-run prints the script all the same)",
                      scheduler.title, command));
    }
  }
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace fanfold
