// fanfold submit: checks a job as `run` would, and hands it to a batch system.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/job_options.hpp"
#include "cli/policy_options.hpp"
#include "cli/standard_output.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "job/template.hpp"
#include "run/open_run.hpp"
#include "submit/batch_system.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;

/// The keys of [cluster] that are flags too.
struct ClusterFlag {
  const char* key;
  const char* flag;
  const char* value;  ///< what help calls it
  const char* help;
};
constexpr ClusterFlag cluster_flags[] = {
    {"scheduler", "--scheduler", "NAME",
     "slurm, sge, pbs or lsf (default: the one whose commands are on PATH)"},
    {"nodes", "--nodes", "N", "Nodes of an allocation (default: 1)"},
    {"ranks_per_node", "--ranks-per-node", "N", "MPI ranks on each node (default: 1)"},
    {"cpus_per_rank", "--cpus-per-rank", "N",
     "CPUs, and threads of each kind, of each rank (default: whole nodes, or 1 with --ranks-per-node)"},
    {"time", "--time", "TIME", "Time of an allocation: 90m, 12h, 12:00:00, or a number of minutes"},
    {"partition", "--partition", "NAME", "Partition or queue"},
    {"queue", "--queue", "NAME", "The same"},
    {"account", "--account", "NAME", "Account or project that is charged"},
    {"array", "--array", "N", "Split the tasks over N allocations, each with a run file of its own"},
    {"parallel_environment", "--parallel-environment", "NAME",
     "Of Grid Engine (default: the first that is there of orte, openmpi, ompi, mpi and mpich)"},
};

struct SubmitOptions {
  JobOptions job;
  PolicyOptions policy;
  std::vector<std::string> cluster = std::vector<std::string>(std::size(cluster_flags));
  std::string run_file;
  std::string adopt;
  std::string launcher;
  bool dry_run = false;
  std::vector<std::string> extra;  ///< what stands behind --
};

std::vector<std::pair<std::string, std::string>> cluster_of(const SubmitOptions& options) {
  std::vector<std::pair<std::string, std::string>> cluster;
  for (std::size_t i = 0; i < std::size(cluster_flags); ++i) {
    if (!options.cluster[i].empty()) cluster.emplace_back(cluster_flags[i].key, options.cluster[i]);
  }
  return cluster;
}

std::string search_path() {
  const char* const path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

/// What `run` is given of the command line.
std::vector<std::string> run_words(const SubmitOptions& options) {
  std::vector<std::string> words;
  if (!options.job.commands.empty()) words.emplace_back("--commands");
  words.push_back(options.job.commands.empty() ? options.job.file : options.job.commands);
  const std::vector<std::string> policy = words_of(options.policy);
  words.insert(words.end(), policy.begin(), policy.end());
  for (const std::string& setting : options.job.set) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  if (options.job.seed) words.push_back(fmt::format("--seed={}", *options.job.seed));
  if (!options.adopt.empty()) {
    words.emplace_back("--adopt");
    words.push_back(options.adopt);
  }
  return words;
}

std::string command_line(const std::vector<std::string>& words) {
  std::string text = "fanfold";
  for (std::size_t i = 1; i < words.size(); ++i) text += " " + quote_for_shell(words[i]);
  std::replace(text.begin(), text.end(), '\n', ' ');  // it is a comment
  return text;
}

void check_run_files(const Job& job, const Submission& submission) {
  const fs::path folder = fs::path(submission.run_file).parent_path();
  if (!folder.empty() && !fs::is_directory(folder)) {
    throw UsageError(
        fmt::format("run file '{}': there is no folder '{}'", submission.run_file, folder.string()));
  }
  if (!submission.cluster.array) return check_run_file(job, submission.run_file);
  for (std::uint32_t part = 1; part <= *submission.cluster.array; ++part) {
    check_run_file(job, part_run_file(submission.run_file, std::to_string(part)));
  }
}

/// Two jobs that write one run file would be in each other's way.
void check_not_in_queue(const std::string& run_file) {
  const std::optional<SubmissionRecord> record = read_record(run_file);
  if (!record) return;
  for (const JobState& job : queue_state(*record).jobs) {
    if (!is_active(job)) continue;
    throw UsageError(
        fmt::format("{} is in the queue already: {} job {} is {}; end it with: fanfold cancel {}", run_file,
                    scheduler_named(record->scheduler).title, job.job, job.state, quote_for_shell(run_file)));
  }
}

Submission describe(const SubmitOptions& options, const std::vector<std::string>& words, const Job& job) {
  Submission submission;
  submission.asked = command_line(words);
  submission.job_name = job.name;
  submission.program = fs::read_symlink("/proc/self/exe").string();
  submission.folder = fs::current_path().string();
  submission.run_file = options.run_file.empty() ? default_run_file(options.job) : options.run_file;
  submission.run_words = run_words(options);
  submission.cluster = job.cluster;
  submission.sets_io_threads = !job.run.io_threads;
  submission.sets_compute_threads = !job.run.compute_threads;
  submission.extra = options.extra;
  submission.by_srun = options.launcher == "srun";
  return submission;
}

std::string told(const Scheduler& scheduler, const Submission& submission, const SubmissionRecord& record) {
  const std::string run_file = quote_for_shell(submission.run_file);
  std::string text =
      fmt::format("{} job {}: {}, script {}, log {}\n", scheduler.title, fmt::join(record.jobs, ", "),
                  submission.run_file, script_path(submission.run_file),
                  log_path(record.array > 0 ? part_run_file(submission.run_file, "K") : submission.run_file));
  text += fmt::format("next: fanfold status {}", run_file);
  if (record.array > 0) {
    // The shell is to expand the star.
    const std::string parts = part_run_file(submission.run_file, "\x01");
    const std::size_t mark = parts.find('\x01');
    text += fmt::format("; in the end: fanfold merge {} {}*{}", run_file,
                        quote_for_shell(parts.substr(0, mark)), quote_for_shell(parts.substr(mark + 1)));
  }
  return text + "\n";
}

ExitStatus submit_job(const SubmitOptions& options, const std::vector<std::string>& words) {
  if (options.job.file == "-" || options.job.commands == "-")
    throw UsageError(
        "a job from standard input cannot be submitted: the batch job reads it later, from a file");
  if (!options.launcher.empty() && options.launcher != "mpirun" && options.launcher != "srun")
    throw UsageError(fmt::format("--launcher: expected mpirun or srun, not '{}'", options.launcher));
  const JobSource source = read_job(options.job, policy_of(options.policy), cluster_of(options));
  const std::unique_ptr<const Job> job = open_job(source, source_registry());
  Submission submission = describe(options, words, *job);
  if (submission.cluster.array && *submission.cluster.array > job->size()) {
    throw UsageError(fmt::format("an array of {} for a job of {} tasks: some parts would have none",
                                 *submission.cluster.array, job->size()));
  }
  check_run_files(*job, submission);
  if (!options.adopt.empty()) RunFileReader(options.adopt).header();  // a mistake is to be heard of now
  const std::string path = search_path();
  const Scheduler& scheduler = submission.cluster.scheduler.empty()
                                   ? find_scheduler(path)
                                   : scheduler_named(submission.cluster.scheduler);
  if (submission.by_srun && &scheduler != &slurm)
    throw UsageError(fmt::format("--launcher srun is for Slurm, not for {}", scheduler.title));
  if (&scheduler == &grid_engine && submission.cluster.parallel_environment.empty())
    submission.cluster.parallel_environment = find_parallel_environment();
  if (options.dry_run) {
    write_standard_output(scheduler.script(submission));
    return ExitStatus::success;
  }
  check_commands_of(scheduler, path);
  check_not_in_queue(submission.run_file);
  write_standard_output(told(scheduler, submission, submit(scheduler, submission)));
  return ExitStatus::success;
}

/// The words behind --; CLI11 takes them for further arguments. Without --, such arguments are a mistake.
void sort_arguments(SubmitOptions& options, const std::vector<std::string>& words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes == words.end()) {
    if (options.extra.empty()) return;
    throw UsageError(
        fmt::format("unexpected argument '{}'; flags for the batch system stand behind --\n"
                    "try: fanfold submit --help",
                    options.extra.front()));
  }
  const std::vector<std::string> behind(dashes + 1, words.end());
  if (options.extra.size() > behind.size())
    throw UsageError(
        fmt::format("unexpected argument '{}'\ntry: fanfold submit --help", options.extra.front()));
  if (options.extra.size() < behind.size()) options.job.file.clear();  // it was the first of them
  options.extra = behind;
}

}  // namespace

void add_submit_command(CLI::App& program, Action& action, std::vector<std::string> words) {
  CLI::App* command =
      add_command(program, "submit", "Hand a job to a batch system: Slurm, Grid Engine, PBS or LSF");
  const auto options = std::make_shared<SubmitOptions>();
  add_job_options(*command, options->job);
  command->add_option("flags", options->extra, "Behind --: flags for the batch system, as they are");
  for (std::size_t i = 0; i < std::size(cluster_flags); ++i) {
    command->add_option(cluster_flags[i].flag, options->cluster[i], cluster_flags[i].help)
        ->type_name(cluster_flags[i].value)
        ->group("What is asked for, instead of the job's [cluster]");
  }
  add_policy_options(*command, options->policy, PolicySet::without_walltime);
  command
      ->add_option("--run", options->run_file, "The run file (default: the job file's name with .run, here)")
      ->type_name("FILE");
  command
      ->add_option("--adopt", options->adopt,
                   "Begin with the tasks of an earlier run that are the same in this job")
      ->type_name("RUN");
  command
      ->add_option("--launcher", options->launcher,
                   "What starts the ranks: mpirun (default), or srun where only that works (Slurm)")
      ->type_name("NAME");
  command->add_flag("--dry-run", options->dry_run, "Print the script and submit nothing");
  command->footer("Example: fanfold submit jobs/pi.toml --nodes 2 --time 12h -- --mem=64G");
  command->callback([options, &action, words = std::move(words)] {
    sort_arguments(*options, words);
    action = [options, words] { return submit_job(*options, words); };
  });
}

}  // namespace fanfold
