// fanfold run: executes a job, under mpirun, through mpirun, or in this process.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/job_options.hpp"
#include "cli/policy_options.hpp"
#include "cli/task_selection.hpp"
#include "core/host.hpp"
#include "core/simd_target.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "job/template.hpp"
#include "mpi/launch.hpp"
#include "mpi/load.hpp"
#include "report/answers.hpp"
#include "report/digest.hpp"
#include "report/progress.hpp"
#include "report/summary.hpp"
#include "report/terminal.hpp"
#include "run/local_transport.hpp"
#include "run/run.hpp"

namespace fanfold {
namespace {

/// Under which headings help shows the options.
namespace groups {
constexpr const char* threads = "Ranks, threads, instructions";
constexpr const char* recorded = "Which tasks, and where they are recorded";
}  // namespace groups

constexpr std::uint64_t most_ranks = 1'000'000;

struct Options {
  JobOptions job;
  std::string run_file;
  int ranks = 0;
  PolicyOptions policy;
  std::string tasks;
  std::string task;
  std::string simd;
  bool fresh = false;
  bool retry_failed = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool coordinate_only = false;
};

/// This rank's share of the CPUs that the ranks of its host may use together.
std::uint32_t share_of_cpus() {
  const LocalRanks local = local_ranks();
  const int cpus = allowed_cpus();
  if (cpus < online_cpus()) return static_cast<std::uint32_t>(cpus);  // bound: they are this rank's own
  return static_cast<std::uint32_t>(
      std::max(1, cpus / local.count + (local.index < cpus % local.count ? 1 : 0)));
}

Threads choose_threads(const Job& job) {
  const std::uint32_t share = share_of_cpus();
  return {job.run.compute_threads.value_or(share), job.run.io_threads.value_or(share)};
}

/// The run file is made once all else is known to be right: its folder is looked for before anything starts.
void check_folder_of(const std::filesystem::path& run_file) {
  const std::filesystem::path folder = run_file.parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder)) return;
  throw UsageError(fmt::format("run file '{}': there is no folder '{}'", run_file.string(), folder.string()));
}

void print_result(const Options& options, const JobSource& source, const Job& job, const RunResult& result,
                  const std::string& run_file) {
  std::string text;
  if (options.json) {
    nlohmann::ordered_json object{{"job", job.name},
                                  {"tasks", result.tasks},
                                  {"succeeded", result.finished - result.failed},
                                  {"failed", result.failed},
                                  {"seconds", result.seconds},
                                  {"results", answers_json(job, result.answers)},
                                  {"run_file", run_file}};
    text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  } else {
    text = answers_text(job, result.answers, result.tasks);
  }
  const std::string summary = summary_text(job, result, arguments_of(source), run_file);
  if (!options.quiet || result.status != ExitStatus::success) std::fputs(summary.c_str(), stderr);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0)
    throw RunError("cannot write the answer to standard output; the run file has it");
}

void choose_simd(const Options& options) {
  if (!options.simd.empty()) choose_simd_target(options.simd);
}

/// Hosts differ: a rank whose CPU lacks the target that rank zero has says so to rank zero, which has the
/// word. Returns what it says, or nothing.
std::string choose_simd_of_worker(const Options& options) {
  try {
    apply_simd_environment();
    choose_simd(options);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

ExitStatus coordinate(const Options& options, Transport& transport, std::shared_ptr<Terminal> terminal,
                      const InterruptGuard& interrupts) {
  choose_simd(options);
  const JobSource source = read_job(options.job, policy_of(options.policy));
  const std::unique_ptr<const Job> job = open_job(source, source_registry());
  RunOptions run;
  run.run_file = options.run_file.empty() ? default_run_file(options.job) : options.run_file;
  check_folder_of(run.run_file);
  run.fresh = options.fresh;
  run.retry_failed = options.retry_failed;
  run.tasks = parse_selection(options.tasks, options.task, job->size());
  run.rank_zero_works = !options.coordinate_only || transport.size() == 1;
  run.choose_threads = choose_threads;
  run.interrupts = &interrupts;
  Progress progress(std::move(terminal), !options.quiet);
  const RunResult result = run_coordinator(transport, *job, source, run, progress);
  transport.finalize(result.lost_ranks > 0);
  print_result(options, source, *job, result, run.run_file.string());
  return result.status;
}

ExitStatus execute(const Options& options) {
  const std::unique_ptr<Transport> transport =
      started_by_mpi() ? open_mpi_transport() : std::make_unique<LocalTransport>();
  const Verbosity verbosity = options.verbose ? Verbosity::verbose
                              : options.quiet ? Verbosity::quiet
                                              : Verbosity::normal;
  std::shared_ptr<Terminal> terminal =
      set_up_logging(verbosity, transport->rank().value(), transport->size());
  // Every rank of a launcher gets the signals that it gets: rank zero heeds them, the others wait for its
  // word.
  const InterruptGuard interrupts;
  try {
    if (transport->rank() == Rank(0)) return coordinate(options, *transport, std::move(terminal), interrupts);
    run_worker(*transport, choose_threads, choose_simd_of_worker(options));
    transport->finalize(false);
    return ExitStatus::success;
  } catch (const UsageError&) {
    // Nothing ran, or one rank cannot run the job: everybody leaves in good order.
    dismiss_workers(*transport);
    transport->finalize(false);
    throw;
  } catch (const std::exception& error) {
    if (transport->size() == 1) throw;
    // The others may be waiting for this rank: nobody is to be left behind.
    std::fprintf(stderr, "fanfold: rank %d: %s\n", transport->rank().value(), error.what());
    transport->abort(static_cast<int>(ExitStatus::resumable));
  }
}

/// The command line without `-n R`, for the ranks.
std::vector<std::string> without_ranks(const std::vector<std::string>& words) {
  std::vector<std::string> rest{std::filesystem::read_symlink("/proc/self/exe").string()};
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-n" || words[i] == "--ranks") {
      ++i;  // and its value
    } else if (!words[i].starts_with("--ranks=") && !(words[i].starts_with("-n") && words[i] != "-n")) {
      rest.push_back(words[i]);
    }
  }
  return rest;
}

ExitStatus run_or_launch(const Options& options, const std::vector<std::string>& words) {
  if (options.ranks > 0) {
    choose_simd(options);  // a mistake is to be heard of once
    if (started_by_mpi())
      throw UsageError("-n starts mpirun, but mpirun has started this process: leave out one of them");
    exec_mpirun(options.ranks, without_ranks(words));
  }
  return execute(options);
}

/// A check of an option's text; the result is what is wrong, or empty.
auto whole_number(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc() && end == last && value >= least && value <= most) return {};
    return fmt::format("must be an integer from {} to {}, not '{}'", least, most, text);
  };
}

}  // namespace

void add_run_command(CLI::App& program, Action& action, std::vector<std::string> words) {
  CLI::App* command = program.add_subcommand("run", "Run a job, or go on with a run that was stopped");
  const auto options = std::make_shared<Options>();
  add_job_options(*command, options->job);
  command->add_option("-n,--ranks", options->ranks, "Start mpirun with this many ranks")
      ->check(whole_number(1, most_ranks))
      ->type_name("R")
      ->group(groups::threads);
  command
      ->add_option("--run", options->run_file, "The run file (default: the job file's name with .run, here)")
      ->type_name("FILE")
      ->group(groups::recorded);
  command->add_flag("--fresh", options->fresh, "Start anew: replace the run file")->group(groups::recorded);
  command
      ->add_flag("--retry-failed", options->retry_failed,
                 "Run tasks again that failed in an earlier execution")
      ->group(groups::recorded);
  command->add_option("--tasks", options->tasks, "Only these tasks: FIRST:END, without the one numbered END")
      ->type_name("FIRST:END")
      ->group(groups::recorded);
  command->add_option("--task", options->task, "Only this task")->type_name("I")->group(groups::recorded);
  add_policy_options(*command, options->policy);
  command->add_option("--simd", options->simd, "Use this SIMD target")
      ->type_name("NAME")
      ->group(groups::threads);
  command->add_flag("--coordinate-only", options->coordinate_only, "Rank zero hands out tasks and runs none")
      ->group(groups::threads);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--quiet", options->quiet, "Show no progress");
  command->add_flag("-v,--verbose", options->verbose, "Say more");
  command->footer("Example: fanfold run -n 4 jobs/pi.toml");
  command->callback([options, &action, words = std::move(words)] {
    action = [options, words] { return run_or_launch(*options, words); };
  });
}

}  // namespace fanfold
