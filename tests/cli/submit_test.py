"""fanfold submit, status and cancel with stand-ins for the commands of the batch systems: they execute the script that they
get, note what they were called with, and know the states of their jobs. Slurm and Grid Engine themselves: tests/cluster."""

import json
import os
import re
import stat
import subprocess
import time

from fanfold_cli import PROGRAM, CliTest, environment, main, normalised

JOB = """\
[params]
i = { count = 8 }

[task]
shell = "echo {i}"

[reduce]
total = "sum(value)"
"""

# Starts the script in the background, as PBS would.
QSUB = """\
#!/bin/bash
echo "qsub $*" >>calls
while [ $# -gt 1 ]; do case $1 in -v) export "$2"; shift 2 ;; *) shift ;; esac; done
number=$(($(cat number 2>/dev/null || echo 0) + 1)); echo $number >number
printf 'localhost\\nlocalhost\\n' >nodes
PBS_NODEFILE=$PWD/nodes PBS_JOBID=$number.server bash "$1" >"out.$number" 2>&1 </dev/null &
echo $number.server
"""

# Executes what it reads, at once: when it returns, the job has ended. A job that asks to be queued again is run again.
BSUB = """\
#!/bin/bash
echo "bsub $*" >>calls
cat >received
printf 'localhost\\n' >nodes
export LSB_DJOB_HOSTFILE=$PWD/nodes LSB_JOBID=7
indices=$(sed -nE 's/^#BSUB -J .*\\[1-([0-9]+)\\].*/\\1/p' received)
for LSB_JOBINDEX in $(seq ${indices:-1}); do
  export LSB_JOBINDEX
  status=99
  while [ $status = 99 ]; do bash received >>job.log 2>&1 </dev/null; status=$?; done
done
echo "Job <7> is submitted to queue <normal>."
"""


class SubmitTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("job.toml", JOB)
        os.mkdir(self.path("bin"))

    def stand_in(self, name, text):
        self.write("bin/" + name, text)
        os.chmod(self.path("bin/" + name), stat.S_IRWXU)

    def fanfold_with(self, *arguments, status=0):
        """With the stand-ins on the path, and no other batch system."""
        path = self.path("bin") + ":" + self.path("without")
        os.makedirs(self.path("without"), exist_ok=True)
        for name in ["bash", "sh", "mpirun", "orted", "grep", "head", "sed", "seq", "cat", "sleep"]:
            link = self.path("without/" + name)
            if not os.path.lexists(link):
                os.symlink(subprocess.check_output(["bash", "-c", f"command -v {name}"], text=True).strip(), link)
        self.stand_in("ssh", "#!/bin/sh\nexit 1\n")  # mpirun looks for it where hosts are named, if only this one
        ended = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment(PATH=path), text=True,
                               capture_output=True, timeout=60, check=False)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr + self.logs())
        return normalised(ended.stdout), normalised(ended.stderr)

    def logs(self):
        return "".join(f"\n== {name}\n{self.read(name)}" for name in sorted(os.listdir(self.folder))
                       if name.endswith(".log") or name.startswith("out."))

    def wait_for_tasks(self, count, *runs):
        """Waits for runs in the background, until no program writes them any more and they have so many tasks."""
        deadline = time.monotonic() + 60
        while not all(self.has_finished(count, run) for run in runs):
            self.assertLess(time.monotonic(), deadline, f"{runs} did not end: {self.logs()}")
            time.sleep(0.05)

    def has_finished(self, count, run):
        if not os.path.exists(self.path(run)) or os.path.exists(self.path(run + ".live")):
            return False
        return self.status(run)["recorded"]["finished"] == count

    def status(self, run):
        return json.loads(subprocess.run([PROGRAM, "status", run, "--json"], cwd=self.folder, env=environment(),
                                         capture_output=True, text=True, check=True).stdout)

    def expect_answer(self, run="job.run"):
        self.assertEqual(json.loads(self.fanfold("results", run, "--json").out), {"total": 28.0})

    def test_none_is_found(self):
        self.assertEqual(self.fanfold_with("submit", "job.toml", status=2)[1],
                         "fanfold: no batch system found: none of sbatch (Slurm), qsub (Grid Engine, PBS) and bsub (LSF) is on "
                         "PATH; where there is one, say which with --scheduler slurm, sge, pbs or lsf\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--scheduler", "slurm", status=2)[1],
                         "fanfold: Slurm: there is no command 'sbatch' on PATH (--dry-run prints the script all the same)\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "job.toml", "without"])

    def test_a_job_is_checked_before_it_is_submitted(self):
        self.stand_in("bsub", BSUB)
        self.write("wrong.toml", JOB.replace("count", "cuont") + "[cluster]\nnodes = 0\n")
        _, err = self.fanfold_with("submit", "wrong.toml", "--time", "soon", status=2)
        self.assertIn("wrong.toml:2:7: ", err)
        self.assertIn("wrong.toml:10:9: 'nodes' must be at least 1, not 0\n", err)
        self.assertIn("fanfold: --time: must be a time (", err)
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--array", "9", status=2)[1],
                         "fanfold: an array of 9 for a job of 8 tasks: some parts would have none\n")
        self.assertEqual(self.fanfold_with("submit", "-", status=2)[1],
                         "fanfold: a job from standard input cannot be submitted: the batch job reads it later, from a file\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "stray", status=2)[1],
                         "fanfold: unexpected argument 'stray'; flags for the batch system stand behind --\n"
                         "try: fanfold submit --help\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--launcher", "orterun", status=2)[1],
                         "fanfold: --launcher: expected mpirun or srun, not 'orterun'\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--launcher", "srun", status=2)[1],
                         "fanfold: --launcher srun is for Slurm, not for LSF\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--adopt", "none.run", status=2)[1],
                         "fanfold: run file 'none.run' does not exist\n")
        self.fanfold("run", "job.toml", "--set", "i.count=9")
        self.assertIn("belongs to another job", self.fanfold_with("submit", "job.toml", status=2)[1])
        self.assertFalse(os.path.exists(self.path("calls")))

    def test_a_dry_run_prints_the_script_and_writes_nothing(self):
        out, _ = self.fanfold_with("submit", "job.toml", "--scheduler", "slurm", "--nodes", "2", "--time", "90m", "--set",
                                   "i.count=8", "--retries", "2", "--dry-run", "--", "--mem=64G", "--constraint=a b")
        lines = out.splitlines()
        self.assertEqual(lines[1], "# Made by: fanfold submit job.toml --scheduler slurm --nodes 2 --time 90m --set i.count=8 "
                                   "--retries 2 --dry-run -- --mem=64G '--constraint=a b'")
        self.assertIn("#SBATCH --nodes=2", lines)
        self.assertIn("#SBATCH --time=01:30:00", lines)
        self.assertIn("#SBATCH --mem=64G '--constraint=a b'", lines)
        self.assertIn('"$fanfold" run -n 2 --run "$run" job.toml --retries=2 --set i.count=8 &', lines)
        self.assertEqual(subprocess.run(["bash", "-n"], input=out, text=True, check=False).returncode, 0)
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "job.toml", "without"])
        out, _ = self.fanfold_with("submit", "--scheduler", "lsf", "--dry-run", "--commands", "job.toml", "--", "-M", "64G")
        self.assertIn("#BSUB -M 64G\n", out)
        self.assertIn(" --commands job.toml &\n", out)

    def test_the_run_is_told_how_it_starts_and_what_it_adopts(self):
        self.fanfold("run", "job.toml", "--run", "old run")
        out, _ = self.fanfold_with("submit", "job.toml", "--scheduler", "slurm", "--nodes", "2", "--ranks-per-node", "3",
                                   "--launcher", "srun", "--adopt", "old run", "--dry-run")
        self.assertRegex(out, r"""(?m)^  srun --mpi=pmix .* --nodes="\$nodes" --ntasks=\$\(\(nodes \* 3\)\) "\$fanfold" run --run "\$run" """
                              r"""--io-threads 1 --compute-threads 1 job.toml --adopt 'old run' &$""")

    def test_pbs_runs_the_script(self):
        self.stand_in("qsub", QSUB)
        self.stand_in("pbsnodes", "#!/bin/sh\n")
        out, _ = self.fanfold_with("submit", "job.toml", "--ranks-per-node", "2", "--time", "5")
        self.assertEqual(out, "PBS job 1.server: job.run, script job.run.sh, log job.run.log\nnext: fanfold status job.run\n")
        self.assertEqual(self.read("calls"), "qsub job.run.sh\n")
        self.wait_for_tasks(8, "job.run")
        self.expect_answer()
        self.assertIn("28.0", self.read("job.run.log"))
        self.assertEqual([execution["ranks"] for execution in self.status("job.run")["recorded"]["executions"]], [2])

    def test_pbs_submits_the_parts_of_an_array_one_by_one(self):
        self.stand_in("qsub", QSUB)
        self.stand_in("pbsnodes", "#!/bin/sh\n")
        self.fanfold_with("submit", "job.toml", "--array", "2")
        self.assertEqual(self.read("calls"), "qsub -v FANFOLD_PART=1 job.run.sh\nqsub -v FANFOLD_PART=2 job.run.sh\n")
        parts = ["job.part1.run", "job.part2.run"]
        self.wait_for_tasks(4, *parts)
        self.fanfold("merge", "job.run", "job.part1.run", "job.part2.run")
        self.expect_answer()

    def test_pbs_submits_the_script_again_while_there_is_progress(self):
        self.stand_in("qsub", QSUB)
        self.stand_in("pbsnodes", "#!/bin/sh\n")
        self.write("job.toml", JOB.replace("echo {i}", "sleep 0.6; echo {i}") + "[run]\nio_threads = 1\n")
        self.fanfold_with("submit", "job.toml", "--time", "4s")
        self.wait_for_tasks(8, "job.run")
        self.assertGreater(self.read("calls").count("qsub"), 1)
        self.assertIn("queued again", self.read("job.run.log"))
        self.assertGreater(self.read("job.run.submission").count("job "), 1)
        self.expect_answer()

    def test_a_second_warning_while_the_script_looks_at_the_run_file_changes_nothing(self):
        """Grid Engine warns all processes of a job, also when the run has stopped for its own walltime just before."""
        self.write("fanfold", """\
#!/bin/bash
if [ "$1" = run ]; then touch has_run; exit 75; fi
[ -e has_run ] || { echo '"finished":0'; exit; }
kill -USR1 0
echo '"finished":5'
""")
        os.chmod(self.path("fanfold"), stat.S_IRWXU)
        script = self.fanfold("submit", "job.toml", "--scheduler", "sge", "--time", "20s", "--dry-run").out
        self.write("script", re.sub("^fanfold=.*$", f"fanfold={self.path('fanfold')}", script, flags=re.MULTILINE))
        ended = subprocess.run(["bash", "script"], cwd=self.folder, text=True, capture_output=True, timeout=60,
                               check=False, start_new_session=True)
        self.assertIn("exit status 75, 5 tasks recorded, 0 before: queued again\n", ended.stderr)
        self.assertEqual(ended.returncode, 99)

    def test_lsf_runs_what_it_reads(self):
        self.stand_in("bsub", BSUB)
        out, _ = self.fanfold_with("submit", "job.toml", "--array", "2", "--queue", "short")
        self.assertEqual(out, "LSF job 7: job.run, script job.run.sh, log job.partK.run.log\n"
                              "next: fanfold status job.run; in the end: fanfold merge job.run job.part*.run\n")
        self.assertEqual(self.read("received"), self.read("job.run.sh"))
        self.fanfold("merge", "job.run", "job.part1.run", "job.part2.run")
        self.expect_answer()

    def test_status_and_cancel_speak_with_the_batch_system(self):
        self.stand_in("bsub", "#!/bin/sh\ncat >received\necho 'Job <7> is submitted to queue <normal>.'\n")
        self.stand_in("bjobs", "#!/bin/sh\necho \"bjobs $*\" >>calls\necho '7|0|LEVITATING|No reason is known'\n")
        self.stand_in("bkill", "#!/bin/sh\necho \"bkill $*\" >>calls\n")
        self.fanfold_with("submit", "job.toml")
        self.assertEqual(self.fanfold_with("status", "job.run")[0],
                         "job.run: submitted; nothing is recorded yet\n"
                         "LSF job 7, submitted TIME: LEVITATING (No reason is known)\n")
        status = json.loads(self.fanfold_with("status", "job.run", "--json")[0])
        self.assertEqual(status["state"], "submitted")
        self.assertEqual(status["scheduler"]["jobs"], [{"job": "7", "state": "LEVITATING", "reason": "No reason is known"}])
        self.assertEqual(self.fanfold_with("cancel", "job.run")[0], "cancelled: LSF job 7\n")
        self.assertEqual(self.read("calls").splitlines()[-1], "bkill 7")
        self.stand_in("bkill", "#!/bin/sh\necho 'Job <7>: Job has already finished' >&2\nexit 255\n")
        self.assertEqual(self.fanfold_with("cancel", "job.run", status=2)[1],
                         "fanfold: bkill failed (exit code 255): Job <7>: Job has already finished\n")
        self.stand_in("bjobs", "#!/bin/sh\necho 'Job <7> is not found' >&2\nexit 255\n")
        self.fanfold("run", "job.toml")
        self.assertTrue(self.fanfold_with("status", "job.run")[0].endswith(
            "ended\nLSF job 7, submitted TIME: not known: bjobs failed (exit code 255): Job <7> is not found\n"))

    def test_a_run_that_is_in_the_queue_is_not_submitted_twice(self):
        self.stand_in("bsub", "#!/bin/sh\ncat >received\necho 'Job <7> is submitted to queue <normal>.'\n")
        self.stand_in("bjobs", "#!/bin/sh\necho '7|0|PEND|-'\n")
        self.fanfold_with("submit", "job.toml")
        self.assertEqual(self.fanfold_with("submit", "job.toml", status=2)[1],
                         "fanfold: job.run is in the queue already: LSF job 7 is PEND; end it with: fanfold cancel job.run\n")

    def test_what_a_batch_system_refuses_is_said(self):
        self.stand_in("bsub", "#!/bin/sh\necho 'long: No such queue. Job not submitted.' >&2\nexit 255\n")
        self.assertEqual(self.fanfold_with("submit", "job.toml", "--queue", "long", status=2)[1],
                         "fanfold: bsub failed (exit code 255): long: No such queue. Job not submitted.\n")
        self.assertFalse(os.path.exists(self.path("job.run.submission")))
        self.expect(["cancel", "job.run"], status=2,
                    err="fanfold: 'job.run' was not submitted to a batch system: there is no 'job.run.submission'\n")


if __name__ == "__main__":
    main()
