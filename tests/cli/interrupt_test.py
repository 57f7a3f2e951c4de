"""Runs that are stopped by a signal, killed, or met by a second writer; and status while they are live.

The tasks of these runs wait for a file, so that the tests decide when they end."""

import json
import os
import signal

from fanfold_cli import CliTest, main, normalised

# Tasks 0 and 1 end at once, the others once there is a file `go`.
GATED = """\
[params]
i = { count = 6 }

[task]
shell = "test {i} -lt 2 || {{ : >started.{i}; until test -e go; do sleep 0.02; done; }}; echo {i}.25"

[reduce]
total = "sum(value)"
mean  = "mean(value)"

[run]
io_threads = 2
"""
ANSWER = "total = 16.5  (6 of 6 tasks)\nmean  = 2.75  (6 of 6 tasks)\n"


class InterruptTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("gated.toml", GATED)

    def start_gated(self):
        """A run whose tasks 0 and 1 are recorded, and 2 and 3 are running."""
        process = self.start("run", "gated.toml")
        self.addCleanup(self.open_gate)  # before the process is waited for: its children wait for it
        self.wait_until(lambda: os.path.exists(self.path("started.2")) and os.path.exists(self.path("started.3")),
                        process, "the start of tasks 2 and 3")
        self.wait_until(lambda: "recorded: 2 of 6" in self.fanfold("status", "gated.run").out, process,
                        "the recording of tasks 0 and 1")
        return process

    def open_gate(self):
        if os.path.isdir(self.folder):
            self.write("go", "")

    def lines_until(self, process, words):
        """What the process writes to standard error up to the line with these words."""
        text = ""
        for line in process.stderr:
            text += line
            if words in line:
                return text
        self.fail(f"the program ended without '{words}': {text}")

    def expect_the_rest(self, recorded):
        self.expect(["run", "gated.toml"], out=ANSWER, err=(
            f"TIME info: going on: {recorded} of 6 tasks are in the run file\n"
            "6 of 6 tasks succeeded; N s; run file gated.run\n"))
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 6 of 6 tasks finished (100%), 0 failed; 2 executions, N s
  execution 1: TIME on HOST, 1 rank, N s
  execution 2: TIME on HOST, 1 rank, N s
ended
""")

    def test_sigint_lets_running_tasks_end_and_the_run_goes_on_later(self):
        process = self.start_gated()
        process.send_signal(signal.SIGINT)
        warning = self.lines_until(process, "; stopping, 2 running; ")  # tasks 4 and 5, which had not begun, are given back
        self.open_gate()
        out, err = process.communicate()
        self.assertEqual((out, normalised(warning + err), process.returncode), (
            "total = 7.0  (4 of 6 tasks)\nmean  = 1.75  (4 of 6 tasks)\n",
            "TIME warning: stopped by SIGINT: running tasks may end; once more to end them now\n"
            "4 of 6 tasks succeeded, 2 not run; N s; run file gated.run\n"
            "stopped early (SIGINT); the same command goes on\n  fanfold run gated.toml\n", 75))
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 4 of 6 tasks finished (66%), 0 failed; 1 execution, N s
stopped: the run can go on
""")
        self.expect_the_rest(4)

    def test_a_second_signal_ends_running_tasks(self):
        process = self.start_gated()
        process.send_signal(signal.SIGTERM)
        warning = self.lines_until(process, "stopped by SIGTERM")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        self.assertEqual((out, normalised(warning + err), process.returncode), (
            "total = 1.5  (2 of 6 tasks)\nmean  = 0.75  (2 of 6 tasks)\n",
            "TIME warning: stopped by SIGTERM: running tasks may end; once more to end them now\n"
            "2 of 6 tasks succeeded, 4 not run; N s; run file gated.run\n"
            "stopped early (SIGTERM); the same command goes on\n  fanfold run gated.toml\n", 75))
        self.open_gate()
        self.expect_the_rest(2)

    def test_kill_loses_nothing_that_was_recorded(self):
        process = self.start_gated()
        process.kill()
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.expect(["status", "gated.run"], out="""\
gated.run: job gated, created TIME on HOST
recorded: 2 of 6 tasks finished (33%), 0 failed; 1 execution, N s
interrupted: pid PID on HOST is gone (heard of N s ago); the run can go on
""")
        self.open_gate()
        self.expect_the_rest(2)

    def test_a_second_writer_is_refused_and_status_reads_meanwhile(self):
        process = self.start_gated()
        self.expect(["run", "gated.toml"], status=2, err=(
            "fanfold: run file 'gated.run' is being written by pid PID on host HOST (since TIME); wait for it, or choose "
            "another with --run FILE\n"))
        self.wait_until(lambda: json.loads(self.read("gated.run.live"))["ranks"] == 1, process, "the first heartbeat")
        status = self.fanfold("status", "gated.run")
        self.assertEqual((status.err, status.status), ("", 0))
        # Besides the two that are running, tasks wait at the rank; how many is the schedule's choice.
        self.assertRegex(status.out, r"""\Agated\.run: job gated, created TIME on HOST
recorded: 2 of 6 tasks finished \(33%\), 0 failed; 1 execution, N s
running on HOST \(pid PID, 1 rank, heard of N s ago\) for N s: 2 of 6 tasks finished \(33%\), 0 failed, [2-4] handed out; [\d.]+/s, [^,]+ left
rank 0 on HOST: load \d+% of 2 slots, [2-4] tasks
\Z""")
        self.expect(["results", "gated.run"], out="total = 1.5  (2 of 6 tasks)\nmean  = 0.75  (2 of 6 tasks)\n")
        self.open_gate()
        out, err = process.communicate()
        self.assertEqual((out, process.returncode), (ANSWER, 0))
        self.assertTrue(normalised(err).endswith("6 of 6 tasks succeeded; N s; run file gated.run\n"), err)

    def test_walltime(self):
        self.write("naps.toml", "[params]\ni = { count = 1000 }\n[task]\nsleep = 0.05\n[reduce]\ntasks = 'count()'\n")
        ended = self.fanfold("run", "naps.toml", "--walltime", "300ms", "--io-threads", "1")
        self.assertEqual(ended.status, 75)
        self.assertRegex(ended.out, r"\Atasks = \d  \(\d of 1,000 tasks\)\n\Z")
        self.assertRegex(ended.err, r"""\ATIME warning: stopped by the walltime: running tasks may end
\d of 1,000 tasks succeeded, (99\d|1,000) not run; N s; run file naps.run
stopped early \(the walltime\); the same command goes on
  fanfold run naps.toml --io-threads=1 --walltime=300ms
\Z""")


if __name__ == "__main__":
    main()
