// IBM Spectrum LSF: bsub, bjobs, bkill of its command reference.
#include <fmt/format.h>

#include <cmath>

#include "submit/batch_script.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

/// "12:05": hours and minutes, rounded up.
std::string hours_and_minutes(std::chrono::duration<double> time) {
  const auto minutes = static_cast<std::int64_t>(std::ceil(time.count() / 60));
  return fmt::format("{}:{:02}", minutes / 60, minutes % 60);
}

std::string script(const Submission& submission) {
  const ClusterRequest& cluster = submission.cluster;
  BatchScript script;
  script.prefix = "#BSUB";
  std::vector<std::string>& directives = script.directives;
  const std::string name = batch_name(submission.job_name);
  directives.push_back(cluster.array ? fmt::format("-J \"{}[1-{}]\"", name, *cluster.array) : "-J " + name);
  directives.push_back(fmt::format("-n {}", submission.ranks()));
  directives.push_back(fmt::format("-R \"span[ptile={}]\"", submission.ranks_per_node()));
  directives.push_back(submission.wants_whole_nodes()
                           ? "-x"
                           : fmt::format("-R \"affinity[core({})]\"", submission.cpus_per_rank()));
  if (cluster.time) directives.push_back("-W " + hours_and_minutes(*cluster.time));
  if (!cluster.queue.empty()) directives.push_back("-q " + cluster.queue);
  if (!cluster.account.empty()) directives.push_back("-P " + cluster.account);
  const std::string run_file = cluster.array ? part_run_file(submission.run_file, "%I") : submission.run_file;
  directives.push_back("-o " + directive_path(log_path(run_file)));
  directives.emplace_back("-r");
  directives.emplace_back("-Q \"99\"");
  script.prelude = {"export OMPI_MCA_orte_default_hostfile=$LSB_DJOB_HOSTFILE"};
  script.part = "$LSB_JOBINDEX";
  script.tells_time = true;
  script.again = {"exit 99 # LSF queues the job again"};
  return script_text(submission, script);
}

/// bsub finds directives in what it reads from standard input.
std::vector<BatchCommand> submit(const Submission&, const std::string&, const std::string& script) {
  return {{{"bsub"}, script}};
}

/// "Job <123> is submitted to queue <normal>."
std::optional<std::string> job_id(std::string_view printed) {
  constexpr std::string_view before = "Job <";
  const std::size_t begin = printed.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = printed.substr(begin + before.size());
  const std::string_view id = rest.substr(0, rest.find('>'));
  if (id.empty() || id.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

/// -a: jobs that have ended too.
BatchCommand query(const std::vector<std::string>& jobs) {
  BatchCommand command{{"bjobs", "-a", "-noheader", "-o", "jobid jobindex stat pend_reason delimiter='|'"},
                       ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

std::vector<JobState> states(std::string_view printed, const std::vector<std::string>&) {
  std::vector<JobState> found;
  for (const std::string_view line : split(printed, '\n')) {
    const std::vector<std::string_view> fields = split(trim(line), '|');
    if (fields.size() < 4) continue;
    const bool is_part = fields[1] != "0" && fields[1] != "-";
    const bool has_reason = fields[3] != "-";
    found.push_back({is_part ? fmt::format("{}[{}]", fields[0], fields[1]) : std::string(fields[0]),
                     std::string(fields[2]), std::string(has_reason ? fields[3] : "")});
  }
  return found;
}

BatchCommand cancel(const std::vector<std::string>& jobs) {
  BatchCommand command{{"bkill"}, ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

}  // namespace

const Scheduler lsf{"lsf", "LSF", {"bsub"}, {}, script, submit, job_id, query, states, cancel};

}  // namespace fanfold
