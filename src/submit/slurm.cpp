// Slurm: https://slurm.schedmd.com/sbatch.html, squeue.html, scancel.html
#include <fmt/format.h>

#include "submit/batch_script.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

/// Under --no-kill, a node that dies takes its ranks along, not the job; not even the node of the script,
/// after which the job would sit idle until its time is over.
constexpr std::string_view watch_over_first_node = R"(
# If this node dies, Slurm keeps the job on the others, and nobody is left to go on. So one of the others looks
# whether the job still has this node, and if not, has it queued again.
nodes_of_job() {
  local list
  list=$(squeue --noheader --jobs="$SLURM_JOB_ID" --states=RUNNING --format=%N)
  [ -n "$list" ] && scontrol show hostnames "$list"
}
watch_over() {
  local nodes
  while sleep 30; do
    nodes=$(nodes_of_job) || continue
    grep -qxF "$1" <<<"$nodes" && continue
    echo "$run: node $1 has died, which ran this script: queued again" >>"$run.log"
    scontrol requeue "$SLURM_JOB_ID"
  done
}
keep_watch() {
  local other
  while true; do
    other=$(nodes_of_job | grep -vxF -m 1 "$SLURMD_NODENAME") &&
      srun --overlap --nodes=1 --ntasks=1 --nodelist="$other" --export=ALL --mpi=none --input=none \
        bash -c "$(declare -p run; declare -f nodes_of_job watch_over); watch_over $SLURMD_NODENAME"
    sleep 30 # that node has died, or the job is at its end
  done
}
set -m # its processes on this node in a group of their own, to be ended together
keep_watch >/dev/null 2>&1 </dev/null &
set +m
trap "kill -KILL -- -$! 2>/dev/null" EXIT # Slurm ends those on the other, once it knows that the script has ended
)";

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
  if (submission.nodes() > 1) script.beside = watch_over_first_node;
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
