// Slurm: https://slurm.schedmd.com/sbatch.html, squeue.html, scancel.html
#include <fmt/format.h>

#include "submit/batch_script.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

std::string script(const Submission& submission) {
  const ClusterRequest& cluster = submission.cluster;
  BatchScript script;
  script.prefix = "#SBATCH";
  std::vector<std::string>& directives = script.directives;
  directives.push_back("--job-name=" + batch_name(submission.job_name));
  directives.push_back(fmt::format("--nodes={}", submission.nodes()));
  directives.push_back(fmt::format("--ntasks-per-node={}", submission.ranks_per_node()));
  directives.push_back(submission.wants_whole_nodes()
                           ? "--exclusive"
                           : fmt::format("--cpus-per-task={}", submission.cpus_per_rank()));
  if (cluster.time) directives.push_back("--time=" + clock_text(*cluster.time));
  if (!cluster.queue.empty()) directives.push_back("--partition=" + cluster.queue);
  if (!cluster.account.empty()) directives.push_back("--account=" + cluster.account);
  if (cluster.array) directives.push_back(fmt::format("--array=1-{}", *cluster.array));
  const std::string run_file = cluster.array ? part_run_file(submission.run_file, "%a") : submission.run_file;
  directives.push_back("--output=" + directive_path(log_path(run_file)));
  directives.push_back("--open-mode=append");
  // A node that dies takes its ranks along, not the run; a job that dies as a whole starts again.
  directives.emplace_back("--no-kill");
  directives.emplace_back("--requeue");
  directives.push_back(fmt::format("--signal=B:USR1@{}", notice_before_end(cluster).count()));
  script.part = "$SLURM_ARRAY_TASK_ID";
  script.again = {"scontrol requeue \"$SLURM_JOB_ID\"", "exit $status"};
  return script_text(submission, script);
}

std::vector<BatchCommand> submit(const Submission&, const std::string& script_file, const std::string&) {
  return {{{"sbatch", "--parsable", script_file}, ""}};
}

/// "12" or "12;cluster", behind whatever the site's filter says.
std::optional<std::string> job_id(std::string_view printed) {
  const std::string_view last = split(trim(printed), '\n').back();
  const std::string_view id = trim(last.substr(0, last.find(';')));
  if (id.empty() || id.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

BatchCommand query(const std::vector<std::string>& jobs) {
  return {{"squeue", "--noheader", "--states=all", "--format=%i|%T|%r|%N", "--jobs",
           fmt::format("{}", fmt::join(jobs, ","))},
          ""};
}

std::vector<JobState> states(std::string_view printed, const std::vector<std::string>&) {
  std::vector<JobState> found;
  for (const std::string_view line : split(printed, '\n')) {
    const std::vector<std::string_view> fields = split(trim(line), '|');
    if (fields.size() < 3) continue;
    const bool has_reason = fields[2] != "None" && !fields[2].empty();
    const std::string_view where = fields.size() > 3 ? fields[3] : "";
    found.push_back(
        {std::string(fields[0]), std::string(fields[1]), std::string(has_reason ? fields[2] : where)});
  }
  return found;
}

BatchCommand cancel(const std::vector<std::string>& jobs) {
  BatchCommand command{{"scancel"}, ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

}  // namespace

const Scheduler slurm{"slurm", "Slurm", {"sbatch"}, {}, script, submit, job_id, query, states, cancel};

}  // namespace fanfold
