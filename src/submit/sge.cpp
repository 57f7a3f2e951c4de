// Grid Engine (Son of Grid Engine 8.1.9, Univa, Altair): qsub(1), qstat(1), qdel(1).
#include <fmt/format.h>

#include <algorithm>

#include "submit/batch_script.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

constexpr std::string_view default_environment = "orte";

std::vector<std::string> directives_of(const Submission& submission) {
  const ClusterRequest& cluster = submission.cluster;
  std::vector<std::string> directives{"-S /bin/bash", "-N " + batch_name(submission.job_name)};
  // Slots are CPUs. How they are spread over hosts is the parallel environment's rule.
  const std::uint64_t slots = submission.ranks() * submission.cpus_per_rank();
  const bool has_environment =
      std::find(submission.extra.begin(), submission.extra.end(), "-pe") != submission.extra.end();
  if (slots > 1 && !has_environment) {
    const std::string& name = cluster.parallel_environment;
    directives.push_back(fmt::format("-pe {} {}", name.empty() ? default_environment : name, slots));
  }
  if (cluster.time) directives.push_back("-l h_rt=" + clock_text(*cluster.time));
  if (!cluster.queue.empty()) directives.push_back("-q " + cluster.queue);
  if (!cluster.account.empty()) directives.push_back("-A " + cluster.account);
  if (cluster.array) directives.push_back(fmt::format("-t 1-{}", *cluster.array));
  directives.emplace_back("-cwd");
  directives.emplace_back("-V");
  directives.emplace_back("-j y");
  const std::string run_file =
      cluster.array ? part_run_file(submission.run_file, "$TASK_ID") : submission.run_file;
  directives.push_back("-o " + directive_path(log_path(run_file)));
  directives.emplace_back("-r y");
  directives.emplace_back("-notify");
  return directives;
}

std::string script(const Submission& submission) {
  BatchScript script;
  script.prefix = "#$";
  script.directives = directives_of(submission);
  if (submission.cpus_per_rank() > 1) {
    // A rank for each slot would put all of them on the first hosts.
    script.prelude.push_back(
        fmt::format("export OMPI_MCA_rmaps_base_mapping_policy=ppr:{}:node", submission.ranks_per_node()));
  }
  script.part = "$SGE_TASK_ID";
  // Not s_rt, which warns: in a job that was queued again, 8.1.9 takes it for h_rt.
  script.tells_time = true;
  script.again = {"exit 99 # Grid Engine queues the job again"};
  return script_text(submission, script);
}

std::vector<BatchCommand> submit(const Submission&, const std::string& script_file, const std::string&) {
  return {{{"qsub", "-terse", script_file}, ""}};
}

/// "12", of an array "12.1-4:1"; behind whatever the site's filter says.
std::optional<std::string> job_id(std::string_view printed) {
  const std::string_view last = split(trim(printed), '\n').back();
  const std::string_view id = last.substr(0, last.find('.'));
  if (id.empty() || id.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

BatchCommand query(const std::vector<std::string>&) { return {{"qstat", "-u", "*", "-xml"}, ""}; }

/// The text of the first element <name> in `text`; empty if there is none.
std::string_view element(std::string_view text, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::size_t begin = text.find(open);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + open.size());
  return text.substr(0, text.find('<'));
}

std::vector<JobState> states(std::string_view printed, const std::vector<std::string>& jobs) {
  std::vector<JobState> found;
  constexpr std::string_view begin_of_job = "<job_list";
  while (true) {
    const std::size_t begin = printed.find(begin_of_job);
    if (begin == std::string_view::npos) return found;
    printed.remove_prefix(begin + begin_of_job.size());
    const std::string_view job = printed.substr(0, printed.find("</job_list>"));
    const std::string id(element(job, "JB_job_number"));
    if (std::find(jobs.begin(), jobs.end(), id) == jobs.end()) continue;
    const std::string_view part = element(job, "tasks");
    found.push_back({part.empty() ? id : fmt::format("{}.{}", id, part), std::string(element(job, "state")),
                     std::string(element(job, "queue_name"))});
  }
}

BatchCommand cancel(const std::vector<std::string>& jobs) {
  BatchCommand command{{"qdel"}, ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

}  // namespace

const Scheduler grid_engine{"sge",  "Grid Engine", {"qsub", "qconf"}, {}, script, submit, job_id, query,
                            states, cancel};

}  // namespace fanfold
