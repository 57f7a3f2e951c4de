#include "submit/batch_system.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "exec/child_process.hpp"

namespace fanfold {
namespace {

constexpr std::chrono::seconds submit_timeout(120);
constexpr std::chrono::seconds query_timeout(10);

ChildEnd run(const BatchCommand& command, const std::string& folder, std::chrono::seconds timeout) {
  ChildProgram program;
  program.arguments = command.words;
  for (char** variable = environ; *variable != nullptr; ++variable)
    program.environment.emplace_back(*variable);
  program.folder = folder;
  if (!command.input.empty()) program.input = command.input;
  program.timeout = timeout;
  ChildGroups groups;
  return run_child(program, groups);
}

/// Why a command did not do what it was asked; empty if it did.
std::string failure_of(const ChildEnd& end, const std::string& command) {
  if (!end.not_started.empty()) return end.not_started;
  if (end.timed_out) return fmt::format("{} did not answer", command);
  if (end.exit_code == 0) return {};
  std::string_view said = trim(end.errors);
  if (said.empty()) said = trim(end.output);
  return fmt::format(
      "{} failed ({}){}{}", command,
      end.signal != 0 ? name_of_signal(end.signal) : fmt::format("exit code {}", end.exit_code),
      said.empty() ? "" : ": ", said);
}

void write_script(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw UsageError(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_exec | perms::group_exec,
                               std::filesystem::perm_options::add);
}

std::string utc_now() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace

SubmissionRecord submit(const Scheduler& scheduler, const Submission& submission) {
  const std::string script = scheduler.script(submission);
  const std::string script_file = script_path(submission.run_file);
  write_script(script_file, script);
  SubmissionRecord record{std::string(scheduler.name), {}, submission.cluster.array.value_or(0), utc_now()};
  for (const BatchCommand& command : scheduler.submit(submission, script_file, script)) {
    const ChildEnd end = run(command, submission.folder, submit_timeout);
    std::string failure = failure_of(end, command.words.front());
    const auto job = failure.empty() ? scheduler.job_id(end.output) : std::nullopt;
    if (failure.empty() && !job)
      failure = fmt::format("{} names no job: '{}'", command.words.front(), trim(end.output));
    if (!failure.empty()) {
      if (!record.jobs.empty())
        failure += fmt::format("\nsubmitted before that: {}", fmt::join(record.jobs, ", "));
      throw UsageError(failure);
    }
    record.jobs.push_back(*job);
    write_record(submission.run_file, record);
  }
  return record;
}

QueueState queue_state(const SubmissionRecord& record) {
  QueueState state;
  try {
    const Scheduler& scheduler = scheduler_named(record.scheduler);
    const BatchCommand command = scheduler.query(record.jobs);
    const ChildEnd end = run(command, std::filesystem::current_path().string(), query_timeout);
    state.obstacle = failure_of(end, command.words.front());
    // Of several jobs some may be known no more: then there is an answer and an error.
    if (end.not_started.empty() && !end.timed_out) state.jobs = scheduler.states(end.output, record.jobs);
    if (!state.jobs.empty()) state.obstacle.clear();
  } catch (const std::exception& error) {
    state.obstacle = error.what();
  }
  return state;
}

void cancel(const SubmissionRecord& record) {
  const BatchCommand command = scheduler_named(record.scheduler).cancel(record.jobs);
  const ChildEnd end = run(command, std::filesystem::current_path().string(), submit_timeout);
  if (const std::string failure = failure_of(end, command.words.front()); !failure.empty())
    throw UsageError(failure);
}

std::string find_parallel_environment() {
  const ChildEnd end = run({{"qconf", "-spl"}, ""}, std::filesystem::current_path().string(), query_timeout);
  if (!end.not_started.empty() || end.exit_code != 0) return {};
  const std::vector<std::string_view> names = split(end.output, '\n');
  for (const std::string_view known : {"orte", "openmpi", "ompi", "mpi", "mpich"}) {
    if (std::any_of(names.begin(), names.end(),
                    [known](std::string_view name) { return trim(name) == known; }))
      return std::string(known);
  }
  return {};
}

}  // namespace fanfold
