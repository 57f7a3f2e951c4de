// fanfold run: executes a job, under mpirun, through mpirun, or in this process.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/job_options.hpp"
#include "cli/launcher_options.hpp"
#include "cli/output_path.hpp"
#include "cli/picture_file.hpp"
#include "cli/policy_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/surroundings.hpp"
#include "cli/task_selection.hpp"
#include "cli/thread_choice.hpp"
#include "core/simd_target.hpp"
#include "exec/demand.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "job/template.hpp"
#include "job/warnings.hpp"
#include "mpi/launcher_link.hpp"
#include "mpi/load.hpp"
#include "report/answers.hpp"
#include "report/digest.hpp"
#include "report/progress.hpp"
#include "report/summary.hpp"
#include "report/task_printer.hpp"
#include "report/terminal.hpp"
#include "run/local_transport.hpp"
#include "run/lowest_cpu_level.hpp"
#include "run/run.hpp"

namespace fanfold {
namespace {

/// Under which headings help shows the options.
namespace groups {
constexpr const char* threads = "Ranks, threads, instructions";
constexpr const char* recorded = "Which tasks, and where they are recorded";
}  // namespace groups

struct RunCommandOptions {
  JobOptions job;
  std::string run_file;
  LauncherOptions launcher;
  PolicyOptions policy;
  std::string tasks;
  std::string task;
  std::string part;
  std::string simd;
  std::string picture;
  bool fresh = false;
  bool retry_failed = false;
  std::string adopt;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool coordinate_only = false;
};

/// The run file is made once all else is known to be right: its folder is looked for before anything starts.
void check_folder_of(const std::filesystem::path& run_file) {
  const std::filesystem::path folder = run_file.parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder)) return;
  throw UsageError(fmt::format("run file '{}': there is no folder '{}'", run_file.string(), folder.string()));
}

/// What stands behind `fanfold run` to go on with this run.
std::string arguments_to_go_on(const RunCommandOptions& options, const JobSource& source, int ranks) {
  std::string text = ranks > 1 ? fmt::format("-n {} ", ranks) : "";
  text += arguments_of(source);
  for (const std::string& word : words_of(options.policy)) {
    if (!word.starts_with("--timeout=")) text += " " + quote_for_shell(word);  // it is there already
  }
  if (!options.tasks.empty()) text += " --tasks " + options.tasks;
  if (!options.part.empty()) text += " --part " + options.part;
  if (!options.run_file.empty()) text += " --run " + quote_for_shell(options.run_file);
  return text;
}

void print_result(const RunCommandOptions& options, const JobSource& source, const Job& job,
                  const RunResult& result, const std::string& to_go_on, const std::string& run_file) {
  std::string text;
  if (options.json) {
    nlohmann::ordered_json object{{"job", job.name},
                                  {"tasks", result.tasks},
                                  {"succeeded", result.finished - result.failed},
                                  {"failed", result.failed},
                                  {"seconds", result.seconds},
                                  {"results", answers_json(job, result.answers)},
                                  {"run_file", run_file}};
    if (result.skipped > 0) object["skipped"] = result.skipped;
    if (result.adopted) object["adopted"] = *result.adopted;
    if (auto errors = approximations_json(result.answers); !errors.empty())
      object["approximate"] = std::move(errors);
    text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  } else {
    text = answers_text(job, result.answers, result.tasks);
  }
  const std::string summary = summary_text(job, result, arguments_of(source), to_go_on, run_file);
  if (!options.quiet || result.status != ExitStatus::success) std::fputs(summary.c_str(), stderr);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0)
    throw RunError("cannot write the answer to standard output; the run file has it");
}

void choose_simd(const RunCommandOptions& options) {
  if (!options.simd.empty()) choose_simd_target(options.simd);
}

/// Hosts differ: a rank whose CPU lacks the target that rank zero has says so to rank zero, which has the
/// word. Returns what it says, or nothing.
std::string choose_simd_of_worker(const RunCommandOptions& options) {
  try {
    apply_simd_environment();
    choose_simd(options);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// The worst of what `doctor` finds; the rest is for those who ask.
void warn_of_problems(const RunCommandOptions& options, const Job& job, const RunOptions& run) {
  if (options.quiet) return;
  const std::vector<RankView> ranks{view_of_rank(0, &job)};
  RunView view = view_of_run(job, run.run_file.string());
  if (run.tasks) view.predicted_bytes = 0;  // that is of all tasks
  for (const Finding& finding : problems(ranks, view)) spdlog::warn("{}; {}", finding.text, finding.remedy);
}

void warn_of_job(const RunCommandOptions& options, const Job& job, const JobSource& source) {
  if (options.quiet) return;
  for (const Diagnostic& warning : job_warnings(job, source)) spdlog::warn("{}", warning.message);
}

/// Tasks that ask for more cores than a rank has run nevertheless, with those that there are.
void warn_of_cores(const RunCommandOptions& options, const Job& job) {
  if (options.quiet || options.coordinate_only || !job.source) return;
  const std::uint32_t slots = choose_threads(job).io;
  if (const auto cores = DemandKeys(*job.source).excessive_cores({slots, 0, {}})) {
    spdlog::warn("'cores' is {}, but rank zero has {} slot{} (io_threads): a task gets no more there", *cores,
                 slots, slots == 1 ? "" : "s");
  }
}

std::optional<TaskRange> selection_of(const RunCommandOptions& options, const Job& job) {
  if (!options.part.empty()) {
    if (!options.tasks.empty() || !options.task.empty())
      throw UsageError("give --part, --tasks or --task, not two of them");
    return parse_part(options.part, job.size());
  }
  const std::optional<TaskRange> selection = parse_selection(options.tasks, options.task, job.size());
  if (!options.task.empty()) check_is_run(job, TaskIndex(selection->begin));
  return selection;
}

/// From mpirun's SIGTERM to its SIGKILL there is 1 s, in which what has ended is to be recorded.
constexpr std::chrono::milliseconds grace_under_mpirun{500};

/// How the ranks of this process were started.
struct Surroundings {
  std::optional<LauncherLink> launcher;  ///< of rank zero, if fanfold started mpirun
  bool survives_losses = false;          ///< the ranks go on when one dies
};

ExitStatus coordinate(const RunCommandOptions& options, Transport& transport,
                      std::shared_ptr<Terminal> terminal, const InterruptGuard& interrupts,
                      Surroundings& surroundings) {
  choose_simd(options);
  const JobSource source =
      read_job(options.job, policy_of(options.policy), {}, [&] { return lowest_cpu_level(transport); });
  const std::unique_ptr<const Job> job = open_job(source, source_registry());
  RunOptions run;
  run.run_file = options.run_file.empty() ? default_run_file(options.job) : options.run_file;
  check_folder_of(run.run_file);
  check_picture_file(*job, options.picture);
  check_output_path("--picture", options.picture, source, run.run_file.string());
  run.fresh = options.fresh;
  run.retry_failed = options.retry_failed;
  run.tasks = selection_of(options, *job);
  run.adopt = options.adopt;
  if (!options.part.empty()) run.adopt_within = run.tasks;
  run.rank_zero_works = !options.coordinate_only || transport.size() == 1;
  run.choose_threads = choose_threads;
  run.interrupts = &interrupts;
  if (options.json && job->run.print != RunPolicy::Print::nothing)
    throw UsageError("--print and --json both write to standard output: leave out one of them");
  warn_of_problems(options, *job, run);
  warn_of_job(options, *job, source);
  warn_of_cores(options, *job);
  run.survives_losses = surroundings.survives_losses;
  LauncherLink* const launcher = surroundings.launcher ? &*surroundings.launcher : nullptr;
  if (launcher != nullptr) {
    run.launcher_is_gone = [launcher] { return launcher->is_cut(); };
    run.restarted = launcher->facts().restarted;
    run.began = std::chrono::system_clock::from_time_t(launcher->facts().began);
  }
  if (transport.size() > 1 && launcher == nullptr) run.term_grace = grace_under_mpirun;
  Progress progress(terminal, !options.quiet);
  const auto write_errors = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  TaskPrinter printer(job->run.print, progress, std::move(terminal), write_standard_output, write_errors);
  const RunResult result = run_coordinator(transport, *job, source, run, printer);
  const bool survivors_only = result.missing_ranks > 0;
  const std::string to_go_on =
      arguments_to_go_on(options, source, transport.size());  // asked while MPI is open
  // A launcher does not wait for an end of MPI that may never come; so the result comes before it.
  if (launcher == nullptr) transport.finalize(survivors_only);
  const bool goes_on = launcher != nullptr && result.nobody_left && launcher->facts().starts_again;
  if (!goes_on) {
    print_result(options, source, *job, result, to_go_on, run.run_file.string());
    if (!options.picture.empty()) write_pictures(result.answers, options.picture);
  }
  if (launcher != nullptr) {
    launcher->say_goodbye({static_cast<int>(result.status), goes_on, survivors_only});
    transport.finalize(survivors_only);
  }
  return result.status;
}

/// The end of a rank that must not wait for others, as MPI and its libraries would do at their end.
[[noreturn]] void leave(ExitStatus status) {
  std::fflush(stdout);
  std::fflush(stderr);
  std::_Exit(static_cast<int>(status));
}

/// After an error that ends this rank: the others may be waiting for it, and nobody is to be left behind.
[[noreturn]] void give_up(const std::exception& error, Transport& transport, Surroundings& surroundings) {
  std::fprintf(stderr, "fanfold: rank %d: %s\n", transport.rank().value(), error.what());
  constexpr ExitStatus status = ExitStatus::resumable;
  if (surroundings.survives_losses && transport.rank() != Rank(0)) leave(status);
  if (!surroundings.launcher) transport.abort(static_cast<int>(status));
  dismiss_workers(transport);
  surroundings.launcher->say_goodbye({static_cast<int>(status), false, true});
  leave(status);
}

/// A worker's last words, for a rank zero that has none.
void say_how_to_go_on() {
  const std::string command = mpirun_command_line();
  std::fprintf(stderr,
               "fanfold: rank zero has died; what was recorded is kept, and the same command goes on%s%s\n",
               command.empty() ? "" : ": ", command.c_str());
  std::fflush(stderr);
}

/// One rank of a run, or all of it.
ExitStatus execute(const RunCommandOptions& options, Surroundings& surroundings) {
  const std::unique_ptr<Transport> transport =
      started_by_mpi() ? open_mpi_transport() : std::make_unique<LocalTransport>();
  surroundings.survives_losses = started_by_mpi() && survives_losses();
  const Verbosity verbosity = options.verbose ? Verbosity::verbose
                              : options.quiet ? Verbosity::quiet
                                              : Verbosity::normal;
  std::shared_ptr<Terminal> terminal =
      set_up_logging(verbosity, transport->rank().value(), transport->size());
  // Every rank of a launcher gets the signals that it gets: rank zero heeds them, the others wait for its
  // word.
  const InterruptGuard interrupts;
  if (surroundings.launcher) surroundings.launcher->say_ready();
  try {
    if (transport->rank() == Rank(0))
      return coordinate(options, *transport, std::move(terminal), interrupts, surroundings);
    WorkerOptions worker{choose_threads, choose_simd_of_worker(options), &interrupts, {}};
    if (transport->rank() == Rank(1)) worker.on_orphaned = say_how_to_go_on;  // one of them is enough
    transport->finalize(run_worker(*transport, worker));
    return ExitStatus::success;
  } catch (const Error& error) {
    if (error.status() != ExitStatus::usage) {
      if (transport->size() == 1) throw;
      give_up(error, *transport, surroundings);
    }
    // Nothing ran, or one rank cannot run the job: everybody leaves in good order.
    dismiss_workers(*transport);
    if (surroundings.launcher) surroundings.launcher->say_goodbye({static_cast<int>(ExitStatus::usage)});
    transport->finalize(false);
    throw;
  } catch (const std::exception& error) {
    if (transport->size() == 1) throw;
    give_up(error, *transport, surroundings);
  }
}

ExitStatus execute_or_say_why(const RunCommandOptions& options) {
  Surroundings surroundings;
  surroundings.launcher = LauncherLink::connect();
  try {
    const ExitStatus status = execute(options, surroundings);
    if (surroundings.survives_losses) leave(status);
    return status;
  } catch (const Error& error) {
    if (surroundings.launcher) surroundings.launcher->say_goodbye({static_cast<int>(error.status())});
    throw;
  }
}

ExitStatus run_or_launch(const RunCommandOptions& options, const std::vector<std::string>& words) {
  if (!options.launcher.any()) return execute_or_say_why(options);
  choose_simd(options);  // a mistake is to be heard of once
  return launch_ranks(options.launcher, words);
}

}  // namespace

void add_run_command(CLI::App& program, Action& action, std::vector<std::string> words) {
  CLI::App* command = add_command(program, "run", "Run a job, or go on with a run that was stopped");
  const auto options = std::make_shared<RunCommandOptions>();
  add_job_options(*command, options->job);
  add_launcher_options(*command, options->launcher, groups::threads);
  command
      ->add_option("--run", options->run_file, "The run file (default: the job file's name with .run, here)")
      ->type_name("FILE")
      ->group(groups::recorded);
  command->add_flag("--fresh", options->fresh, "Start anew: replace the run file")->group(groups::recorded);
  command
      ->add_flag("--retry-failed", options->retry_failed,
                 "Run tasks again that failed in an earlier execution")
      ->group(groups::recorded);
  command
      ->add_option("--adopt", options->adopt,
                   "Begin with the tasks of an earlier run that are the same in this job")
      ->type_name("RUN")
      ->group(groups::recorded);
  command->add_option("--tasks", options->tasks, "Only these tasks: FIRST:END, without the one numbered END")
      ->type_name("FIRST:END")
      ->group(groups::recorded);
  command->add_option("--task", options->task, "Only this task")->type_name("I")->group(groups::recorded);
  command->add_option("--part", options->part, "Only the tasks of part K, if there are N: 2/8")
      ->type_name("K/N")
      ->group(groups::recorded);
  add_policy_options(*command, options->policy);
  command->add_option("--simd", options->simd, "Use this SIMD target")
      ->type_name("NAME")
      ->group(groups::threads);
  command->add_flag("--coordinate-only", options->coordinate_only, "Rank zero hands out tasks and runs none")
      ->group(groups::threads);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_option("--picture", options->picture, "Write what picture(tile) in [reduce] gives, as PNG")
      ->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "Show no progress");
  command->add_flag("-v,--verbose", options->verbose, "Say more");
  command->footer("Example: fanfold run -n 4 jobs/pi.toml");
  command->callback([options, &action, words = std::move(words)] {
    action = [options, words] { return run_or_launch(*options, words); };
  });
}

}  // namespace fanfold
