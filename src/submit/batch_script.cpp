#include "submit/batch_script.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "job/template.hpp"

namespace fanfold {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + quote_for_shell(word);
  return text;
}

/// The run file, quoted, in which `$part` may stand.
std::string run_assignment(const Submission& submission, const BatchScript& script) {
  if (!submission.cluster.array) return fmt::format("run={}\n", quote_for_shell(submission.run_file));
  const std::string name = part_run_file(submission.run_file, "\x01");
  const std::size_t mark = name.find('\x01');
  return fmt::format("part={}\nrun={}\"$part\"{}\n", script.part, quote_for_shell(name.substr(0, mark)),
                     quote_for_shell(name.substr(mark + 1)));
}

/// The command line of the run.
std::string run_command(const Submission& submission, const BatchScript& script) {
  std::string text = submission.by_srun
                         ? fmt::format(
                               "srun --mpi=pmix --cpu-bind=none --no-kill --kill-on-bad-exit=0 "
                               "--nodes=\"$nodes\" --ntasks=$((nodes * {})) "
                               "\"$fanfold\" run --run \"$run\"",
                               submission.ranks_per_node())
                         : fmt::format("\"$fanfold\" run -n {} --run \"$run\"", submission.ranks());
  if (submission.cluster.array) text += fmt::format(" --part \"$part/{}\"", *submission.cluster.array);
  if (!submission.wants_whole_nodes()) {
    const std::uint32_t threads = submission.cpus_per_rank();
    if (submission.sets_io_threads) text += fmt::format(" --io-threads {}", threads);
    if (submission.sets_compute_threads) text += fmt::format(" --compute-threads {}", threads);
  }
  if (script.tells_time && submission.cluster.time) {
    text += fmt::format(" --walltime $(({} - SECONDS))",
                        static_cast<std::int64_t>(submission.cluster.time->count()));
  }
  return text + " " + joined(submission.run_words);
}

std::string head(const Submission& submission, const BatchScript& script) {
  std::string text = "#!/bin/bash\n# Made by: " + submission.asked + "\n";
  for (const std::string& directive : script.directives) text += script.prefix + " " + directive + "\n";
  if (!submission.extra.empty()) text += script.prefix + " " + joined(submission.extra) + "\n";
  return text;
}

/// Starts the run, and waits for its end: its exit status is $status.
std::string run_text(const std::string& command) {
  return fmt::format(R"(
before=$(recorded)
{} &
launcher=$!
signalled=yes
while [ $signalled = yes ]; do # a signal ends the waiting, not the run
  signalled=no
  wait "$launcher"
  status=$?
done
)",
                     command);
}

/// The same by srun, which may end the run when a rank dies, and does when rank zero does: it is started
/// again on the nodes that are left.
std::string run_by_srun_text(const std::string& command) {
  return fmt::format(R"(
before=$(recorded)
status=75
over=no
for pause in 0 1 2 4; do
  [ $pause = 0 ] || echo "$run: it has died (exit status $status): going on from the run file in $pause s" >&2
  sleep $pause
  [ $again$over = yesno ] || break
  nodes=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%D)
  {} &
  launcher=$!
  signalled=yes
  while [ $signalled = yes ]; do # a signal ends the waiting, not the run
    signalled=no
    wait "$launcher"
    status=$?
  done
  case $status in
    0 | 1 | 2) break ;;
    75) "$fanfold" status "$run" --json | grep -q '"state":"interrupted"' || break ;; # it has stopped by itself
  esac
done
)",
                     command);
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

constexpr std::string_view functions = R"(
# How many tasks the run file has.
recorded() {
  local count
  count=$("$fanfold" status "$run" --json 2>/dev/null | grep -o '"finished":[0-9]*' | head -n 1)
  count=${count#*:}
  echo "${count:-0}"
}

# Asks the run to stop: it starts no more tasks, and ends with 75 when those that run have ended. It is asked
# once more after $1 seconds: then it gives them up.
stop() {
  signalled=yes
  [ -n "$launcher" ] || return
  kill -USR1 "$launcher"
  (sleep "$1"; kill -USR1 "$launcher") >/dev/null 2>&1 &
}
)";

}  // namespace

std::string script_text(const Submission& submission, const BatchScript& script) {
  std::string text = head(submission, script);
  text += fmt::format("\ncd {} || exit 2\nfanfold={}\n", quote_for_shell(submission.folder),
                      quote_for_shell(submission.program));
  text += run_assignment(submission, script);
  text += lines_of(script.prelude) + lines_of(submission.cluster.setup);
  text += functions;
  const std::string command = run_command(submission, script);
  text += fmt::format(R"(
# USR1: the time of this allocation is nearly over. TERM, USR2: somebody cancels the job.
launcher=
again=yes
trap 'stop {}{}' USR1
trap 'again=no; stop 1' TERM USR2
{}{}
trap '' USR1 # nothing runs any more that could be asked to stop
case $status in
  0 | 1 | 2) exit $status ;; # it ended, or cannot be run
esac
[ $again = yes ] || exit $status
after=$(recorded)
if [ "$after" -le "$before" ]; then
  echo "$run: exit status $status and no task more than the $before before: not queued again" >&2
  exit $status
fi
echo "$run: exit status $status, $after tasks recorded, $before before: queued again" >&2
)",
                      std::max<std::int64_t>(1, notice_before_end(submission.cluster).count() / 2),
                      submission.by_srun ? "; over=yes" : "", script.beside,
                      submission.by_srun ? run_by_srun_text(command) : run_text(command));
  return text + lines_of(script.again);
}

}  // namespace fanfold
