// PBS Professional and OpenPBS: qsub(1B), qstat(1B), qdel(1B) of the PBS Reference Guide.
#include <fmt/format.h>

#include "job/template.hpp"
#include "submit/batch_script.hpp"
#include "submit/record.hpp"
#include "submit/scheduler.hpp"

namespace fanfold {
namespace {

/// Which part of an array a job is: each part is a job of its own, so that it can be submitted again alone.
constexpr std::string_view part_variable = "FANFOLD_PART";

std::string script(const Submission& submission) {
  const ClusterRequest& cluster = submission.cluster;
  BatchScript script;
  script.prefix = "#PBS";
  std::vector<std::string>& directives = script.directives;
  directives.push_back("-N " + batch_name(submission.job_name));
  directives.push_back(fmt::format("-l select={}:ncpus={}:mpiprocs={}", submission.nodes(),
                                   submission.ranks_per_node() * submission.cpus_per_rank(),
                                   submission.ranks_per_node()));
  directives.emplace_back(submission.wants_whole_nodes() ? "-l place=scatter:excl" : "-l place=scatter");
  if (cluster.time) directives.push_back("-l walltime=" + clock_text(*cluster.time));
  if (!cluster.queue.empty()) directives.push_back("-q " + cluster.queue);
  if (!cluster.account.empty()) directives.push_back("-A " + cluster.account);
  directives.emplace_back("-V");
  directives.emplace_back("-j oe");
  // PBS writes this file at the end, and over what was there.
  directives.push_back("-o " + directive_path(submission.run_file + ".pbs"));
  directives.emplace_back("-r y");
  script.prelude = {fmt::format("exec >>\"$run\".log 2>&1"),
                    "export OMPI_MCA_orte_default_hostfile=$PBS_NODEFILE"};
  script.part = fmt::format("${}", part_variable);
  script.tells_time = true;
  // Users may not requeue a running job; submitted anew, it has a number of its own.
  script.again = {fmt::format("job=$(qsub {}{}) || exit $status",
                              cluster.array ? fmt::format("-v {}=\"$part\" ", part_variable) : "",
                              quote_for_shell(script_path(submission.run_file))),
                  fmt::format("echo \"job $job\" >>{}", quote_for_shell(record_path(submission.run_file))),
                  "exit $status"};
  return script_text(submission, script);
}

std::vector<BatchCommand> submit(const Submission& submission, const std::string& script_file,
                                 const std::string&) {
  if (!submission.cluster.array) return {{{"qsub", script_file}, ""}};
  std::vector<BatchCommand> commands;
  for (std::uint32_t part = 1; part <= *submission.cluster.array; ++part) {
    commands.push_back({{"qsub", "-v", fmt::format("{}={}", part_variable, part), script_file}, ""});
  }
  return commands;
}

/// "123.server"
std::optional<std::string> job_id(std::string_view printed) {
  const std::string_view id = trim(split(trim(printed), '\n').back());
  if (id.empty() || id.front() < '0' || id.front() > '9' || id.find(' ') != std::string_view::npos)
    return std::nullopt;
  return std::string(id);
}

/// -x: jobs that have ended too.
BatchCommand query(const std::vector<std::string>& jobs) {
  BatchCommand command{{"qstat", "-x", "-f"}, ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

std::vector<JobState> states(std::string_view printed, const std::vector<std::string>&) {
  std::vector<JobState> found;
  constexpr std::string_view id_label = "Job Id: ";
  for (std::string_view line : split(printed, '\n')) {
    line = trim(line);
    if (line.starts_with(id_label)) {
      found.push_back({std::string(line.substr(id_label.size())), "", ""});
    } else if (!found.empty() && line.starts_with("job_state = ")) {
      found.back().state = line.substr(12);
    } else if (!found.empty() && line.starts_with("comment = ")) {
      found.back().reason = line.substr(10);
    }
  }
  return found;
}

BatchCommand cancel(const std::vector<std::string>& jobs) {
  BatchCommand command{{"qdel"}, ""};
  command.words.insert(command.words.end(), jobs.begin(), jobs.end());
  return command;
}

}  // namespace

const Scheduler pbs{"pbs",  "PBS", {"qsub", "pbsnodes"}, {"qconf"}, script, submit, job_id, query,
                    states, cancel};

}  // namespace fanfold
